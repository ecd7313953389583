//! Puts the procedures of the sites that are part of the program into it: whatever lies in `sites/SITE/procedures`,
//! so that no list has to be kept.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=sites");
    let mut table = "/// The procedures of each site: their paths in its folder, and their texts.\n\
                     const PROCEDURES: &[(&str, &[(&str, &str)])] = &[\n"
        .to_owned();
    for site in sorted(&here.join("sites"))? {
        let mut files = Vec::new();
        markdown(&site.join("procedures"), &mut files)?;
        let name = site.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Writing to a string can't fail.
        let _ = writeln!(table, "    ({name:?}, &[");
        for file in files {
            let path = file.strip_prefix(&site).unwrap_or(&file).to_string_lossy().into_owned();
            let _ = writeln!(table, "        ({path:?}, include_str!({:?})),", file.to_string_lossy());
        }
        table.push_str("    ]),\n");
    }
    table.push_str("];\n");
    fs::write(out.join("procedures.rs"), table)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    all.sort();
    Ok(all)
}

fn markdown(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in sorted(folder)? {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            markdown(&path, files)?;
        } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md")) {
            files.push(path);
        }
    }
    Ok(())
}
