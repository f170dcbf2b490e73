//! What is said to the server.

/// One row per key, the one of the latest version.
#[derive(Clone, Debug)]
pub(super) struct Upsert {
    pub(super) keys: Vec<String>,
    pub(super) version: String,
}

/// The column that says which attempt has written a row.
pub(super) const ATTEMPT: &str = "tw_attempt";

/// A name in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's name in a statement, with its schema if it has one.
pub(super) fn name_of(table: &str) -> String {
    table.splitn(2, '.').map(quoted).collect::<Vec<_>>().join(".")
}

/// Text in a statement.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

/// Takes rows into a table.
pub(super) fn copy(table: &str, columns: &[String]) -> String {
    format!("COPY {table} ({}) FROM STDIN (FORMAT csv)", list(columns))
}

impl Upsert {
    /// Where rows wait that are to be merged.
    pub(super) const STAGE: &str = "pg_temp.tw_stage";

    /// Makes that place, for as long as the connection lasts.
    pub(super) fn stage(table: &str, columns: &[String]) -> String {
        format!(
            "DROP TABLE IF EXISTS pg_temp.tw_stage; \
             CREATE TEMP TABLE tw_stage ON COMMIT DELETE ROWS AS SELECT {} FROM {table} WITH NO DATA; \
             ALTER TABLE pg_temp.tw_stage ADD COLUMN tw_row bigserial",
            list(columns)
        )
    }

    /// Merges what waits there. A statement may touch a row once: of each key only the latest is taken, and of equal
    /// versions the last one written.
    pub(super) fn merge(&self, table: &str, columns: &[String], attempt: u64) -> String {
        let Upsert { keys, version } = self;
        let (all, keyed, version) = (list(columns), list(keys), quoted(version));
        let others = columns.iter().filter(|column| !keys.contains(column));
        let sets: String = others
            .map(|column| format!("{column} = excluded.{column}, ", column = quoted(column)))
            .collect();
        format!(
            "INSERT INTO {table} AS t ({all}, {ATTEMPT}) \
             SELECT DISTINCT ON ({keyed}) {all}, {attempt} FROM pg_temp.tw_stage \
             ORDER BY {keyed}, {version} DESC, tw_row DESC \
             ON CONFLICT ({keyed}) DO UPDATE SET {sets}{ATTEMPT} = excluded.{ATTEMPT} \
             WHERE (excluded.{version}, excluded.{ATTEMPT}) >= (t.{version}, t.{ATTEMPT}); \
             TRUNCATE pg_temp.tw_stage"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        assert_eq!(name_of("sales.Orders\""), "\"sales\".\"Orders\"\"\"");
        assert_eq!(literal("it's"), "'it''s'");
        let columns = ["a\"; DROP".to_owned(), "b".to_owned()];
        assert_eq!(
            copy("\"t\"", &columns),
            "COPY \"t\" (\"a\"\"; DROP\", \"b\") FROM STDIN (FORMAT csv)"
        );
    }
}
