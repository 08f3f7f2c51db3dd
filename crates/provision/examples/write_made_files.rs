//! Writes every file that offhook makes into a folder, to look at and listen to:
//! `cargo run --release -p provision --example write_made_files -- FOLDER`.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map_or_else(|| PathBuf::from("made"), PathBuf::from);
    for name in provision::made::names() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        if let Some(made) = provision::made::make(name) {
            fs::write(path, made.bytes)?;
        }
    }
    Ok(())
}
