// A program against the client that is generated from docs/openapi.yaml: it submits a list, follows the job to its end,
// and prints what is not active. It is compiled by `make verify` to prove that the description is enough to work with.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Job = components["schemas"]["Job"];
type Problem = components["schemas"]["Problem"];
type Progress = components["schemas"]["Progress"];
type Result = components["schemas"]["Result"];

/** An error answer of the API; its code is what programs decide by. */
class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Submits a list of URLs. Repeating it with the same key answers with the same job. */
async function submit(api: Client<paths>, urls: string[], idempotencyKey: string): Promise<Job> {
  const { data, error } = await api.POST("/api/v1/jobs", {
    params: { header: { "Idempotency-Key": idempotencyKey } },
    body: { urls, name: "from a program", options: { timeout_ms: 5000, capture_title: true } },
  });
  if (error) {
    throw new ApiError(error);
  }
  return data;
}

/** Uploads a file; the form is what a browser sends. */
async function upload(api: Client<paths>, file: File): Promise<Job> {
  const { data, error } = await api.POST("/api/v1/jobs", {
    body: { file: "", options: { retries: 1 } },
    bodySerializer(body) {
      const form = new FormData();
      form.set("file", file);
      form.set("options", JSON.stringify(body.options));
      return form;
    },
  });
  if (error) {
    throw new ApiError(error);
  }
  return data;
}

/** Yields the job's progress until it has ended. */
async function* follow(api: Client<paths>, id: string): AsyncGenerator<Progress> {
  const { data, error } = await api.GET("/api/v1/jobs/{id}/events", {
    params: { path: { id } },
    parseAs: "stream",
  });
  if (error) {
    throw new ApiError(error);
  }
  if (!data) {
    return;
  }
  const reader = data.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const events = (buffer + value).split("\n\n");
    buffer = events.pop() ?? "";
    for (const event of events) {
      const line = event.split("\n").find((candidate) => candidate.startsWith("data: "));
      if (line) {
        yield JSON.parse(line.slice("data: ".length)) as Progress;
      }
    }
  }
}

/** Yields the results that are not active, page by page. */
async function* failures(api: Client<paths>, id: string): AsyncGenerator<Result> {
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/api/v1/jobs/{id}/results", {
      params: { path: { id }, query: { status: ["inactive", "error"], sort: "host", limit: 1000, cursor } },
    });
    if (error) {
      throw new ApiError(error);
    }
    yield* data.results;
    cursor = data.next_cursor;
  } while (cursor);
}

/** Says what to do about a problem, by its code. */
function advice(problem: Problem): string {
  switch (problem.code) {
    case "no_valid_urls":
    case "missing_column":
      return `Mend the list (line ${problem.line ?? "unknown"}): ${problem.detail}`;
    case "storage_unavailable":
    case "temporal_unavailable":
      return "Try again in a minute.";
    default:
      return `${problem.detail} (request ${problem.request_id ?? "unknown"})`;
  }
}

export async function main(server: string, key: string, list: string[] | File): Promise<void> {
  const api = createClient<paths>({ baseUrl: server, headers: { "X-API-Key": key } });
  try {
    const job = list instanceof File ? await upload(api, list) : await submit(api, list, crypto.randomUUID());
    for await (const progress of follow(api, job.id)) {
      console.log(`${progress.phase}: ${progress.processed_urls} of ${progress.total_urls}`);
    }
    for await (const result of failures(api, job.id)) {
      console.log(result.url, result.status, result.http_status ?? result.error_kind);
    }
  } catch (error) {
    if (!(error instanceof ApiError)) {
      throw error;
    }
    console.error(advice(error.problem));
  }
}
