-- A job of $2 results as a worker leaves them: written host by host, while their seqs are those of a list in which the
-- hosts are mixed. 5 % of the URLs are of one large host, the others of 30,000 (at a million URLs). One host in 67 is down
-- with all its URLs; of the other results 1.5 % are errors and 7.5 % have another status than they should. $1 is the job.
INSERT INTO url_check_results (job_id, seq, line, url, normalized_url, host, status, http_status, error_kind, error_message,
    response_time, dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, final_url, redirects,
    tls_version, tls_subject, tls_issuer, tls_not_after, tls_days_left, tls_problem,
    protocol, remote_ip, content_type, title, attempts, checked_at, slow)
SELECT $1::uuid, seq, seq + 2, url, url, host, status, code, kind,
    CASE WHEN kind = '' THEN '' ELSE 'What went wrong with ' || host || ', in a sentence.' END,
    ms, ms * 0.1 * answered, ms * 0.1 * answered, ms * 0.2 * answered, ms * 0.5 * answered, ms * 0.1 * answered, ms * answered,
    CASE WHEN code > 0 THEN url ELSE '' END,
    CASE WHEN code > 0 AND roll4 < 0.12 THEN json_build_array(json_build_object('url', url, 'http_status', 301, 'time', 12.345)) END,
    CASE WHEN code > 0 THEN 'TLS 1.3' END, CASE WHEN code > 0 THEN host END, CASE WHEN code > 0 THEN 'Example Trust Services R11' END,
    CASE WHEN code > 0 THEN at + (1 + h % 90) * interval '1 day' END, CASE WHEN code > 0 THEN 1 + h % 90 END, CASE WHEN code > 0 THEN '' END,
    CASE WHEN code > 0 THEN 'h2' ELSE '' END, CASE WHEN code > 0 THEN '192.0.2.' || h % 250 ELSE '' END,
    CASE WHEN code > 0 THEN 'text/html; charset=utf-8' ELSE '' END,
    CASE WHEN code BETWEEN 200 AND 299 THEN initcap(words[1 + (p * 7) % 40]) || ' ' || words[1 + (p * 11) % 40] || ' ' || p || ' – Company ' || h ELSE '' END,
    1, at, ms > 3000
FROM (
    SELECT *, CASE WHEN code > 0 THEN 1 END AS answered,
        'https://' || host || '/' || words[1 + p % 40] || '/' || words[1 + (p / 40) % 40] || '-' || p ||
            CASE WHEN roll1 < 0.3 THEN '?utm_source=newsletter&utm_campaign=spring-' || p % 1000 ELSE '' END AS url
    FROM (
        SELECT *,
            CASE WHEN down OR roll2 < 0.015 THEN 'error' WHEN roll2 < 0.09 THEN 'inactive' ELSE 'active' END AS status,
            CASE WHEN down OR roll2 < 0.0148 THEN 0 WHEN roll2 < 0.015 THEN 200
                 WHEN roll2 < 0.09 THEN (ARRAY[404,404,404,404,404,404,403,403,403,500,500,410,429,503,502,401,400,451,405,301])[1 + floor(roll3 * 20)::int]
                 WHEN roll2 < 0.0901 THEN 202 WHEN roll2 < 0.091 THEN 204 ELSE 200 END AS code,
            CASE WHEN down THEN (ARRAY['dns_nxdomain','dns_nxdomain','dns_error','connect_refused','connect_timeout','tls_expired','tls_hostname','tls_untrusted','blocked_address'])[1 + h % 9]
                 WHEN roll2 < 0.0148 THEN (ARRAY['timeout','timeout','timeout','timeout','connection_reset','connection_closed','protocol_error','headers_too_large','too_many_redirects','redirect_invalid','tls_handshake'])[1 + floor(roll3 * 11)::int]
                 WHEN roll2 < 0.015 THEN 'body_error' ELSE '' END AS kind,
            CASE WHEN down THEN roll3 * 200
                 ELSE round((180 * exp((roll3 + roll4 + roll1 - 1.5) * 1.6))::numeric, 3)::float8 + CASE WHEN roll4 > 0.985 THEN 3000 ELSE 0 END END AS ms
        FROM (
            SELECT p, p * 7919 % $2::bigint AS seq, h, h % 67 = 66 AS down,
                random() AS roll1, random() AS roll2, random() AS roll3, random() AS roll4,
                CASE WHEN h = 0 THEN 'shop.large-store.example' ELSE (ARRAY['www','shop','blog','m','docs'])[1 + h % 5] || '.' ||
                    (ARRAY['alpha','north','green','metro','pixel','ocean','maple','solar'])[1 + h % 8] || '-' || h || '.example' END AS host,
                '2026-03-01 12:00:00+00'::timestamptz + p * interval '500 microseconds' AS at,
                ARRAY['products','category','about','contact','team','news','press','careers','pricing','features','support',
                      'login','account','garden','kitchen','bedroom','office','travel','sports','health','beauty','music',
                      'books','games','garage','tools','lighting','outdoor','fashion','shoes','jewelry','watches','phones',
                      'laptops','cameras','audio','video','events','partners','legal'] AS words
            FROM (SELECT p, CASE WHEN p % 20 = 0 THEN 0 ELSE 1 + p * 3 / 100 END AS h FROM generate_series(0::bigint, $2::bigint - 1) AS p) AS places
        ) AS rolled
    ) AS drawn
) AS described
