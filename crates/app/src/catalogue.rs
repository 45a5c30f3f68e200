//! The catalogue that is in use: the built-in one, a file of the user's in its place, and what open
//! instances say of their own versions.
//!
//! Entry point: [`Catalogues`]. A file that is no catalogue is refused with a sentence, and the
//! built-in one stays.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use meshlift_core::catalog::{Catalog, LiveVersions};

use crate::api::dto::{Phrase, PhraseCode};

/// The largest file that is read.
const LARGEST: u64 = 16 << 20;

/// The catalogue, shared by all its clones.
#[derive(Debug, Clone)]
pub(crate) struct Catalogues {
    held: Arc<RwLock<Held>>,
}

#[derive(Debug)]
struct Held {
    /// Without what live instances say.
    base: Arc<Catalog>,
    current: Arc<Catalog>,
    live: BTreeMap<String, LiveVersions>,
    file: Option<String>,
    problem: Option<Phrase>,
}

impl Default for Catalogues {
    fn default() -> Self {
        let base = Arc::new(Catalog::embedded().clone());
        let held =
            Held { current: base.clone(), base, live: BTreeMap::new(), file: None, problem: None };
        Self { held: Arc::new(RwLock::new(held)) }
    }
}

impl Catalogues {
    /// The catalogue.
    pub(crate) fn current(&self) -> Arc<Catalog> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }

    /// The file that the user named, and why it is not used.
    pub(crate) fn file(&self) -> (Option<String>, Option<Phrase>) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        (held.file.clone(), held.problem.clone())
    }

    /// Reads the file that the user named, or goes back to the built-in catalogue. Blocks.
    pub(crate) fn use_file(&self, file: Option<&str>) {
        let embedded = Catalog::embedded();
        let read = file.map(|file| read(file, embedded)).transpose();
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.file = file.map(str::to_owned);
        match read {
            Ok(catalog) => {
                held.base = Arc::new(catalog.unwrap_or_else(|| embedded.clone()));
                held.problem = None;
            }
            Err(problem) => {
                held.base = Arc::new(embedded.clone());
                held.problem = Some(*problem);
            }
        }
        held.merge();
    }

    /// What a live instance said of its own versions.
    pub(crate) fn live(&self, context: &str) -> Option<LiveVersions> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).live.get(context).cloned()
    }

    /// Takes what a live instance says of its own versions; none when the instance is closed.
    pub(crate) fn use_live(&self, context: &str, live: Option<LiveVersions>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        // An open instance says the same every few seconds.
        if held.live.get(context) == live.as_ref() {
            return;
        }
        match live {
            Some(live) => drop(held.live.insert(context.to_owned(), live)),
            None => drop(held.live.remove(context)),
        }
        held.merge();
    }
}

impl Held {
    fn merge(&mut self) {
        if self.live.is_empty() {
            self.current = self.base.clone();
            return;
        }
        let mut catalog = (*self.base).clone();
        for (context, live) in &self.live {
            let merged = catalog.with_live(live);
            if !merged.skipped.is_empty() {
                tracing::warn!(%context, skipped = ?merged.skipped, "versions not understood");
            }
            catalog = merged.catalog;
        }
        self.current = Arc::new(catalog);
    }
}

fn read(file: &str, embedded: &Catalog) -> Result<Catalog, Box<Phrase>> {
    let refuse = |code, why: String| {
        let date = embedded.as_of.to_string();
        Box::new(Phrase::with(code, [("file", file.to_owned()), ("why", why), ("date", date)]))
    };
    let text = read_text(Path::new(file))
        .map_err(|error| refuse(PhraseCode::CatalogueUnread, error.to_string()))?;
    embedded
        .read_bundle(&text)
        .map_err(|error| refuse(PhraseCode::CatalogueBroken, error.to_string()))
}

fn read_text(file: &Path) -> std::io::Result<String> {
    if std::fs::metadata(file)?.len() > LARGEST {
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, "it is too large"));
    }
    std::fs::read_to_string(file)
}

#[cfg(test)]
mod tests {
    use meshlift_core::catalog::{FORMAT, FORMAT_VERSION, Origin, PartKind};

    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("catalogue.json");
        std::fs::write(&file, text).unwrap();
        let file = file.display().to_string();
        (folder, file)
    }

    #[test]
    fn a_file_takes_the_place_and_its_removal_brings_the_old_one_back() {
        let asm = r#"{ "as_of": "2026-12-01", "versions": ["1.30.2.7"] }"#;
        let text = format!(
            r#"{{ "format": "{FORMAT}", "version": {FORMAT_VERSION}, "asm_versions": {asm} }}"#
        );
        let (_folder, file) = written(&text);
        let catalogues = Catalogues::default();

        catalogues.use_file(Some(&file));
        let catalog = catalogues.current();
        assert_eq!(catalog.asm.len(), 1);
        let part = catalog.parts.iter().find(|part| part.kind == PartKind::AsmVersions).unwrap();
        assert_eq!(part.origin, Origin::File);
        assert_eq!(catalogues.file(), (Some(file), None));

        catalogues.use_file(None);
        assert_eq!(*catalogues.current(), *Catalog::embedded());
    }

    #[test]
    fn a_broken_file_is_refused_in_a_sentence_and_the_built_in_one_stays() {
        let (_folder, file) = written("{\n  \"format\": 1\n}");
        let catalogues = Catalogues::default();

        catalogues.use_file(Some(&file));

        assert_eq!(*catalogues.current(), *Catalog::embedded());
        let said = catalogues.file().1.unwrap().english();
        assert_eq!(
            said,
            format!(
                "{file} is not used: line 2, column 13: invalid type: integer `1`, expected a \
                 string. Correct it there, or remove the path under Settings; the built-in \
                 catalogue of 2026-09-21 stays in use"
            )
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let catalogues = Catalogues::default();
        catalogues.use_file(Some("/nowhere/catalogue.json"));

        let problem = catalogues.file().1.unwrap();
        assert_eq!(problem.code, PhraseCode::CatalogueUnread);
        assert!(problem.english().starts_with("/nowhere/catalogue.json can't be read: No such"));
    }
}
