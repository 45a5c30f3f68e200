//! Holds the invariant that the core names no runtime, no cluster, no window, no file system and no
//! clock: in what it depends on, and in what its source says.

#![expect(clippy::unwrap_used, reason = "a test that can't read its own sources has to fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const FOREIGN_CRATES: [&str; 9] =
    ["tokio", "kube", "tauri", "rusqlite", "reqwest", "hyper", "async-std", "smol", "k8s-openapi"];

const FOREIGN_WORDS: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "std::env",
    "Timestamp::now",
    "Zoned::now",
    "async fn",
];

/// Names of all packages that a package needs, by the lock file.
fn needed_by(package: &str, lock: &str) -> BTreeSet<String> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for block in lock.split("[[package]]").skip(1) {
        let quoted = |line: &str| line.split('"').nth(1).map(str::to_owned);
        let name = block.lines().find(|line| line.starts_with("name = ")).and_then(quoted);
        let listed = block.lines().filter(|line| line.starts_with(" \"")).filter_map(quoted);
        // A dependency is written as `name` or `name version`.
        let listed = listed.filter_map(|it| it.split(' ').next().map(str::to_owned));
        needs.entry(name.unwrap()).or_default().extend(listed);
    }
    let mut found = BTreeSet::new();
    let mut open = vec![package.to_owned()];
    while let Some(name) = open.pop() {
        for dependency in needs.get(&name).into_iter().flatten() {
            if found.insert(dependency.clone()) {
                open.push(dependency.clone());
            }
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn the_core_depends_on_no_runtime_no_cluster_and_no_window() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock = fs::read_to_string(lock).unwrap();

    let core = needed_by("meshlift-core", &lock);
    let cluster = needed_by("meshlift-cluster", &lock);

    assert!(core.contains("serde"), "the lock file is read: {core:?}");
    assert!(cluster.contains("kube"), "a foreign crate would be found: {cluster:?}");
    for foreign in FOREIGN_CRATES {
        assert!(!core.contains(foreign), "the core must not depend on {foreign}");
    }
}

#[test]
fn the_core_names_no_file_no_network_and_no_clock() {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(files.len() > 20, "the sources are found: {files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for foreign in FOREIGN_WORDS {
            assert!(!text.contains(foreign), "{} names {foreign}", file.display());
        }
    }
}
