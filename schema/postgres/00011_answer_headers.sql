-- +goose Up

-- What an answer's headers said, as JSON because nothing looks into them. Added without rewriting the table.
ALTER TABLE url_check_results ADD COLUMN headers json;
