//! Every context that can be opened: those of the kubeconfigs, and the demo.
//!
//! Entry point: [`ContextBook`]. The files are read again at every question: they are small, and a
//! kept copy would only ever be stale. Nothing is executed here.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use meshlift_cluster::contexts::{self, Context, ContextFault, KubeconfigFiles, Kubeconfigs};
use thiserror::Error;

use crate::api::dto::{
    ApiError, ContextList, ContextRow, ErrorCode, FileProblem, Phrase, PhraseCode,
};
use crate::api::faults;
use crate::settings::Preferences;
use crate::simulated::Simulated;

/// What stands where a cluster has its address.
const SIMULATED_SERVER: &str = "simulated, inside this program";

/// Where kubeconfigs are looked for, beside the files that the user added.
#[derive(Debug, Clone, Default)]
pub struct KubeconfigSources {
    /// Value of `KUBECONFIG`.
    pub env: Option<OsString>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
}

/// Finds contexts.
#[derive(Clone)]
pub(crate) struct ContextBook {
    sources: KubeconfigSources,
    preferences: Preferences,
    simulated: Arc<[Simulated]>,
}

/// What a context name stands for.
#[derive(Clone)]
pub(crate) enum Found {
    /// A simulated mesh.
    Simulated(Simulated),
    /// An entry of a kubeconfig.
    Cluster(Box<Context>),
}

/// Why a context was not found.
#[derive(Debug, Error)]
pub(crate) enum ContextError {
    #[error("no kubeconfig has a context `{name}`")]
    Unknown { name: String },
    #[error("context `{name}` can't be used: {problem}")]
    Broken { name: String, problem: ContextFault },
    #[error("reading the kubeconfigs was interrupted")]
    Interrupted,
}

impl ContextBook {
    pub(crate) fn new(
        sources: KubeconfigSources,
        preferences: Preferences,
        simulated: Arc<[Simulated]>,
    ) -> Self {
        Self { sources, preferences, simulated }
    }

    /// The simulated mesh of a context, if it is one.
    pub(crate) fn simulated(&self, name: &str) -> Option<&Simulated> {
        self.simulated.iter().find(|mesh| mesh.context() == name)
    }

    /// The files to read, in kubectl's order.
    pub(crate) fn files(&self) -> KubeconfigFiles {
        let added =
            self.preferences.settings().kubeconfig_files.iter().map(PathBuf::from).collect();
        KubeconfigFiles { env: self.sources.env.clone(), home: self.sources.home.clone(), added }
    }

    /// Every context with what is wrong with the files.
    pub(crate) async fn list(
        &self,
        opened_at: impl Fn(&str) -> Option<String>,
    ) -> Result<ContextList, ContextError> {
        let read = self.read().await?;
        let simulated = self
            .simulated
            .iter()
            .map(|mesh| self.simulated_row(mesh, opened_at(mesh.context()).is_some()));
        let shadowed = |context: &&Context| self.simulated(&context.name).is_some();
        let mut problems: Vec<FileProblem> = read
            .problems
            .iter()
            .map(|one| FileProblem {
                file: one.file.display().to_string(),
                said: faults::file(one),
            })
            .collect();
        problems.extend(read.contexts.iter().filter(shadowed).map(|context| FileProblem {
            file: context.file.display().to_string(),
            said: Phrase::with(PhraseCode::FileSimulatedName, [("context", context.name.clone())]),
        }));
        let rows = read
            .contexts
            .iter()
            .filter(|context| !shadowed(context))
            .map(|context| self.row(context, opened_at(&context.name)));
        Ok(ContextList {
            contexts: simulated.chain(rows).collect(),
            problems,
            current: read.current,
        })
    }

    /// Every entry of every kubeconfig.
    pub(crate) async fn clusters(&self) -> Result<Vec<Context>, ContextError> {
        Ok(self.read().await?.contexts)
    }

    /// One context by its name.
    pub(crate) async fn find(&self, name: &str) -> Result<Found, ContextError> {
        if let Some(mesh) = self.simulated(name) {
            return Ok(Found::Simulated(mesh.clone()));
        }
        let read = self.read().await?;
        let Some(context) = read.contexts.into_iter().find(|context| context.name == name) else {
            return Err(ContextError::Unknown { name: name.to_owned() });
        };
        match &context.problem {
            Some(problem) => {
                Err(ContextError::Broken { name: name.to_owned(), problem: problem.clone() })
            }
            None => Ok(Found::Cluster(Box::new(context))),
        }
    }

    /// The row of a context that was found, and was opened at this address.
    pub(crate) fn opened_row(&self, found: &Found, server: &str) -> ContextRow {
        match found {
            Found::Simulated(mesh) => self.simulated_row(mesh, true),
            Found::Cluster(context) => self.row(context, Some(server.to_owned())),
        }
    }

    async fn read(&self) -> Result<Kubeconfigs, ContextError> {
        let files = self.files();
        tokio::task::spawn_blocking(move || contexts::read(&files))
            .await
            .map_err(|_| ContextError::Interrupted)
    }

    /// An open context is where it was opened, whatever its kubeconfig says meanwhile.
    fn row(&self, context: &Context, opened_at: Option<String>) -> ContextRow {
        let open = opened_at.is_some();
        let server = opened_at.unwrap_or_else(|| context.server.clone());
        let moved_to = (server != context.server).then(|| context.server.clone());
        let said = self.preferences.of(&context.name);
        ContextRow {
            name: context.name.clone(),
            server,
            moved_to,
            file: context.file.display().to_string(),
            user: context.user.clone(),
            protected: said.is_protected(),
            tag: said.tag,
            simulated: false,
            executes: context.executes.clone(),
            problem: context.problem.as_ref().map(faults::context),
            open,
            saved: None,
        }
    }

    fn simulated_row(&self, mesh: &Simulated, open: bool) -> ContextRow {
        let said = self.preferences.of(mesh.context());
        ContextRow {
            name: mesh.context().to_owned(),
            server: SIMULATED_SERVER.to_owned(),
            moved_to: None,
            file: String::new(),
            user: String::new(),
            protected: said.is_protected(),
            tag: said.tag,
            simulated: true,
            executes: None,
            problem: None,
            open,
            saved: None,
        }
    }
}

impl From<ContextError> for ApiError {
    fn from(error: ContextError) -> Self {
        match &error {
            ContextError::Unknown { name } => Self::new(ErrorCode::ContextUnknown, &error)
                .saying(Phrase::with(PhraseCode::ContextUnknown, [("context", name.clone())])),
            ContextError::Broken { name, problem } => {
                Self::new(ErrorCode::KubeconfigBroken, &error)
                    .saying(faults::unusable(name, faults::context(problem)))
                    .hinting(Phrase::plain(PhraseCode::HintEditFile))
            }
            ContextError::Interrupted => Self::new(ErrorCode::Internal, &error).retryable(),
        }
    }
}
