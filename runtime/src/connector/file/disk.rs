//! What the sink does to the disk: each call is one step, after which a test may pull the plug.
//!
//! What a step has done is certain once the file, and for names the folder, was synced; until then it may be lost with
//! the power, each step by itself, in any order. Tests do so.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    #[cfg(test)]
    pub(super) plug: plug::Plug,
}

impl Disk {
    /// Makes a folder and those above it, all of them durably.
    pub(super) fn create_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let above = match folder.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        self.create_folder(above)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            made => made?,
        }
        File::open(above)?.sync_all()
    }

    /// Creates a file; one of the name must not be there if it is to be `new`.
    pub(super) fn create(&self, path: &Path, new: bool) -> io::Result<File> {
        #[cfg(test)]
        self.plug.named(path)?;
        if new { File::create_new(path) } else { File::create(path) }
    }

    pub(super) fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        let bytes = self.plug.written(file, path, bytes)?;
        let _ = path;
        file.write_all(bytes)
    }

    pub(super) fn sync(&self, file: &File, path: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.plug.synced(path)?;
        let _ = path;
        file.sync_all()
    }

    /// Gives a file one more name, which must not be taken.
    pub(super) fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.plug.linked(to)?;
        fs::hard_link(from, to)
    }

    /// Gives a file another name; one that is taken is replaced.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.plug.renamed(from, to)?;
        fs::rename(from, to)
    }

    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.plug.removed(path)?;
        fs::remove_file(path)
    }

    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        #[cfg(test)]
        self.plug.synced_folder(folder)?;
        File::open(folder)?.sync_all()
    }
}

#[cfg(test)]
pub(super) mod plug {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex, MutexGuard};

    use super::*;

    /// Lets so many steps happen and no more, and knows which of them the loss of power would undo.
    #[derive(Clone, Debug, Default)]
    pub struct Plug(Arc<Mutex<State>>);

    #[derive(Debug, Default)]
    struct State {
        taken: usize,
        /// Steps until the plug is pulled.
        allowed: Option<usize>,
        /// A file has one name only.
        refuses_links: bool,
        /// Somebody else is always faster at removing a file.
        removes_first: bool,
        volatile: Vec<Undo>,
    }

    #[derive(Debug)]
    enum Undo {
        Named(PathBuf),
        Removed(PathBuf, Vec<u8>),
        Renamed(PathBuf, PathBuf),
        Written(PathBuf, u64),
    }

    impl Undo {
        fn is_name_in(&self, folder: &Path) -> bool {
            match self {
                Undo::Named(path) | Undo::Removed(path, _) | Undo::Renamed(_, path) => {
                    path.parent() == Some(folder)
                }
                Undo::Written(..) => false,
            }
        }
    }

    /// What is in a file; nothing in what is none, such as a device that never ends.
    fn content(path: &Path) -> Option<Vec<u8>> {
        fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
        fs::read(path).ok()
    }

    impl Plug {
        /// Pulls it after `steps` more.
        pub fn pull_after(&self, steps: usize) {
            let mut state = self.state();
            state.allowed = Some(state.taken + steps);
        }

        /// From now on a file has one name only, as on some file systems.
        pub fn refuse_links(&self) {
            self.state().refuses_links = true;
        }

        /// From now on whatever is to be removed is removed by somebody else just before.
        pub fn remove_first(&self) {
            self.state().removes_first = true;
        }

        /// Steps that were taken.
        pub fn taken(&self) -> usize {
            self.state().taken
        }

        /// Undoes those of the steps that are not certain for which `undoes` says so.
        pub fn lose_power(&self, mut undoes: impl FnMut() -> bool) {
            let volatile = std::mem::take(&mut self.state().volatile);
            for undo in volatile.into_iter().rev().filter(|_| undoes()) {
                match undo {
                    Undo::Named(path) => drop(fs::remove_file(path)),
                    Undo::Removed(path, bytes) => fs::write(path, bytes).unwrap(),
                    // Both names or none: no file system does half of it.
                    Undo::Renamed(from, to) => drop(fs::rename(to, from)),
                    Undo::Written(path, len) => {
                        if let Ok(file) = File::options().write(true).open(path) {
                            file.set_len(len).unwrap();
                        }
                    }
                }
            }
        }

        fn state(&self) -> MutexGuard<'_, State> {
            self.0.lock().unwrap()
        }

        fn step(&self) -> io::Result<MutexGuard<'_, State>> {
            let mut state = self.state();
            if state.allowed.is_some_and(|allowed| state.taken >= allowed) {
                return Err(io::Error::other("the plug was pulled"));
            }
            state.taken += 1;
            Ok(state)
        }

        pub(super) fn named(&self, path: &Path) -> io::Result<()> {
            let mut state = self.step()?;
            if !path.exists() {
                state.volatile.push(Undo::Named(path.to_owned()));
            }
            Ok(())
        }

        pub(super) fn linked(&self, path: &Path) -> io::Result<()> {
            if self.state().refuses_links {
                return Err(io::ErrorKind::Unsupported.into());
            }
            self.named(path)
        }

        pub(super) fn renamed(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step()?.volatile.push(Undo::Renamed(from.to_owned(), to.to_owned()));
            Ok(())
        }

        /// The last write gets half of its bytes to the disk.
        pub(super) fn written<'b>(
            &self,
            file: &mut File,
            path: &Path,
            bytes: &'b [u8],
        ) -> io::Result<&'b [u8]> {
            let before = file.metadata()?.len();
            match self.step() {
                Ok(mut state) => {
                    state.volatile.push(Undo::Written(path.to_owned(), before));
                    Ok(bytes)
                }
                Err(error) => {
                    file.write_all(&bytes[..bytes.len() / 2])?;
                    Err(error)
                }
            }
        }

        pub(super) fn removed(&self, path: &Path) -> io::Result<()> {
            let bytes = content(path);
            let mut state = self.step()?;
            if state.removes_first {
                fs::remove_file(path)?;
            }
            state.volatile.extend(bytes.map(|bytes| Undo::Removed(path.to_owned(), bytes)));
            Ok(())
        }

        pub(super) fn synced(&self, path: &Path) -> io::Result<()> {
            let of = |undo: &Undo| matches!(undo, Undo::Written(written, _) if written == path);
            self.step()?.volatile.retain(|undo| !of(undo));
            Ok(())
        }

        pub(super) fn synced_folder(&self, folder: &Path) -> io::Result<()> {
            self.step()?.volatile.retain(|undo| !undo.is_name_in(folder));
            Ok(())
        }
    }
}
