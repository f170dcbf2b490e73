//! Books in tables: a PostgreSQL server to throw away, and what is in it, read by `psql`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::books::Book;

/// A server whose data are in a folder; it is stopped when it is dropped.
pub struct Tables {
    folder: PathBuf,
    /// How to connect to it.
    pub server: String,
}

/// Starts and stops it.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/servers/postgres.sh");

impl Tables {
    /// Starts a server, and makes empty tables.
    pub fn start(folder: &Path) -> io::Result<Tables> {
        let script =
            Command::new(SCRIPT).arg("start").arg(folder).stderr(Stdio::inherit()).output()?;
        let said = String::from_utf8_lossy(&script.stdout);
        let server = said.trim().strip_prefix("TEST_POSTGRES=").map(str::to_owned);
        let server = server.ok_or_else(|| io::Error::other("the server cannot be started"))?;
        let tables = Tables { folder: folder.to_owned(), server };
        let lines = ("lines", "id,key");
        let books = Book::ALL.map(|book| (book.name(), book.header()));
        for (name, header) in books.into_iter().chain([lines]) {
            let columns = header.split(',').map(|column| format!("\"{column}\" bigint"));
            let columns: Vec<_> = columns.collect();
            tables.ask(&format!("CREATE TABLE {name} ({})", columns.join(", ")), Stdio::null())?;
        }
        Ok(tables)
    }

    /// Writes all tables as files where the job would have written them.
    pub fn write_files(&self, output: &Path) -> io::Result<()> {
        let books = Book::ALL.map(|book| (book.name(), book.header()));
        for (name, header) in books.into_iter().chain([("lines", "id,key")]) {
            fs::create_dir_all(output.join(name))?;
            let file = File::create(output.join(name).join("part-0-0.csv"))?;
            let columns = header.replace(',', "\", \"");
            let copy =
                format!("COPY (SELECT \"{columns}\" FROM {name}) TO STDOUT (FORMAT csv, HEADER)");
            self.ask(&copy, file)?;
        }
        Ok(())
    }

    /// Transactions that were left behind.
    pub fn left(&self) -> io::Result<Vec<String>> {
        let path = self.folder.join("left");
        self.ask("SELECT gid FROM pg_prepared_xacts", File::create(&path)?)?;
        let left = fs::read_to_string(path)?;
        Ok(left.lines().map(|gid| format!("{gid} was left behind")).collect())
    }

    fn ask(&self, question: &str, answer: impl Into<Stdio>) -> io::Result<()> {
        let options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname"];
        let mut psql = Command::new("psql");
        psql.args(options).arg(&self.server).args(["--command", question]);
        let asked = psql.stdin(Stdio::null()).stdout(answer).status()?;
        if asked.success() { Ok(()) } else { Err(io::Error::other(format!("psql: {question}"))) }
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        // There is nobody to tell.
        let _ = Command::new(SCRIPT).arg("stop").arg(&self.folder).status();
    }
}
