//! The file of the master key: made whole or not at all, and believed only when nobody else could have read or made it.

use super::{FILE, Key};
use crate::store::files;
use crate::{Result, StoreError};
use aws_lc_rs::rand;
use data_encoding::HEXLOWER;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of the file that are read at most; a key has 65 with its line end.
const MOST: u64 = 256;

/// The key of a data directory, made if there is neither a key nor a store.
pub fn read_or_make(data_dir: &Path) -> Result<Key> {
    let data_dir = files::folder(data_dir)?;
    let path = data_dir.join(FILE);
    match read(&path) {
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    if data_dir.join(files::DATABASE).exists() {
        return Err(StoreError::NoKey { path });
    }
    make(&data_dir, &path)?;
    // Not what was just made: another process may have been first.
    read(&path)
}

fn read(path: &Path) -> Result<Key> {
    let file = files::open_private(path, files::Access::Read)?;
    let mut text = Zeroizing::new(Vec::with_capacity(MOST as usize));
    file.take(MOST).read_to_end(&mut text).map_err(StoreError::io(path))?;
    Key::from_bytes(&text)
}

/// Writes a new key beside its place and links it there: a link never overwrites, and the file is whole when it appears.
fn make(data_dir: &Path, path: &Path) -> Result<()> {
    let (draft, mut file) = files::draft(data_dir, FILE)?;
    let written = random().and_then(|key| file.write_all(key.as_bytes())).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let _ = fs::remove_file(&draft);
    linked.map_err(StoreError::io(path))?;
    files::sync(data_dir)
}

fn random() -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).map_err(|_| io::Error::other("the system gave no random numbers"))?;
    Ok(Zeroizing::new(HEXLOWER.encode(bytes.as_slice())))
}
