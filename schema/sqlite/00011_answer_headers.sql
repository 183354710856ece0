-- +goose Up

-- What an answer's headers said, as JSON because nothing looks into them.
ALTER TABLE url_check_results ADD COLUMN headers TEXT;
