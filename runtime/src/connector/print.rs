//! `print`: records as lines on standard output.

use std::any::Any;
use std::fmt::{Debug, Write as _};
use std::io::{self, Write};

use super::{Sink, SinkError, Writer};
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Writes each record as a line to standard output: strings as they are, all else as `{:?}` shows its view.
///
/// Whole lines only, however many tasks print. If the reader goes away (`job | head`), the job ends quietly.
pub fn print() -> Print {
    Print
}

/// Made by [`print()`].
#[derive(Clone, Copy, Debug)]
pub struct Print;

impl<T: Record> Sink<T> for Print
where
    for<'a> View<'a, T>: Debug,
{
    type Writer = PrintWriter;
    fn name(&self) -> String {
        "print".to_owned()
    }
    fn open(&self, _: usize, _: usize) -> Result<PrintWriter, SinkError> {
        Ok(PrintWriter { lines: String::new() })
    }
}

/// The lines of one task that were not written yet.
#[derive(Debug)]
pub struct PrintWriter {
    lines: String,
}

impl PrintWriter {
    /// Bytes after which lines are written, if no flush came before.
    const PORTION: usize = 16 * 1024;

    fn push<T: Record>(&mut self, record: View<'_, T>)
    where
        for<'a> View<'a, T>: Debug,
    {
        if is_text::<T>() {
            let text = T::from_view(record);
            if let Some(text) = (&text as &dyn Any).downcast_ref::<String>() {
                self.lines.push_str(text);
            }
        } else {
            let written = write!(self.lines, "{record:?}");
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        self.lines.push('\n');
    }

    fn write_to(&mut self, out: &mut impl Write) -> Result<(), SinkError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let written = out.write_all(self.lines.as_bytes()).and_then(|()| out.flush());
        self.lines.clear();
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => {
                SinkError::reader_gone("standard output was closed by its reader")
            }
            _ => SinkError::new(
                "cannot write to standard output",
                "check what standard output is redirected to",
            )
            .because(error),
        })
    }
}

fn is_text<T: 'static>() -> bool {
    std::any::TypeId::of::<T>() == std::any::TypeId::of::<String>()
}

impl<T: Record> Writer<T> for PrintWriter
where
    for<'a> View<'a, T>: Debug,
{
    fn write(&mut self, _: Timestamp, record: View<'_, T>) -> Result<(), SinkError> {
        self.push::<T>(record);
        if self.lines.len() >= Self::PORTION {
            return Writer::<T>::flush(self);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.write_to(&mut io::stdout().lock())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        Writer::<T>::flush(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn strings_are_printed_as_they_are() {
        let mut writer = PrintWriter { lines: String::new() };
        writer.push::<String>("ERROR \"disk\"");
        writer.push::<(u64, String)>((7, "x"));
        let mut out = Vec::new();
        writer.write_to(&mut out).unwrap();
        assert_eq!(out, b"ERROR \"disk\"\n(7, \"x\")\n");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let mut writer = PrintWriter { lines: String::new() };
        writer.push::<u64>(1);
        assert!(writer.write_to(&mut Closed).unwrap_err().reader_gone);
        writer.write_to(&mut Closed).expect("nothing left to write");
    }
}
