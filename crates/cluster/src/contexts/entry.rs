//! One context: what it names, what opening it would execute, and why it can't be opened.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
use kube::config::{AuthInfo, Cluster, ExecConfig, ExecInteractiveMode};

use super::ContextFault;

/// One context of a kubeconfig.
#[derive(Clone)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Address of its API server.
    pub server: String,
    /// The file that names it.
    pub file: PathBuf,
    /// Name of its user.
    pub user: String,
    /// The command line that opening it executes.
    pub executes: Option<String>,
    /// Why it can't be opened.
    pub problem: Option<ContextFault>,
    pub(crate) access: Arc<Access>,
}

/// How its cluster is reached. Holds secrets, so it has no `Debug`.
pub(crate) struct Access {
    pub(crate) cluster_name: String,
    pub(crate) cluster: Option<Cluster>,
    pub(crate) user_name: String,
    pub(crate) user: Option<AuthInfo>,
    pub(crate) namespace: Option<String>,
    pub(crate) origin: Origin,
}

/// Which file each part came from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) context: Arc<PathBuf>,
    pub(crate) user: Option<Arc<PathBuf>>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("name", &self.name)
            .field("server", &self.server)
            .field("file", &self.file)
            .field("user", &self.user)
            .field("executes", &self.executes)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

/// Makes a context of its parts.
pub(super) fn context(name: String, access: Access) -> Context {
    let server = access
        .cluster
        .as_ref()
        .and_then(|cluster| cluster.server.as_deref())
        .map(without_credentials)
        .unwrap_or_default();
    let exec = access.user.as_ref().and_then(|user| user.exec.as_ref());
    Context {
        server,
        file: access.origin.context.to_path_buf(),
        user: access.user_name.clone(),
        executes: exec.and_then(command_line),
        problem: problem(&access),
        access: Arc::new(access),
        name,
    }
}

fn problem(access: &Access) -> Option<ContextFault> {
    cluster_problem(access).or_else(|| user_problem(access))
}

fn cluster_problem(access: &Access) -> Option<ContextFault> {
    let cluster = access.cluster_name.clone();
    if cluster.is_empty() {
        return Some(ContextFault::NoCluster);
    }
    let Some(found) = &access.cluster else { return Some(ContextFault::ClusterGone { cluster }) };
    let server = found.server.as_deref().unwrap_or_default();
    if server.is_empty() {
        return Some(ContextFault::NoServer { cluster });
    }
    match server.parse::<Uri>() {
        Ok(uri) if matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some() => {
            None
        }
        Ok(_) | Err(_) => Some(ContextFault::NotAUrl { cluster }),
    }
}

fn user_problem(access: &Access) -> Option<ContextFault> {
    let user = access.user_name.clone();
    let Some(found) = &access.user else {
        // kubectl connects anonymously when no user is named, and so do we.
        return (!user.is_empty()).then_some(ContextFault::UserGone { user });
    };
    if let Some(provider) = &found.auth_provider {
        return Some(ContextFault::AuthProvider { user, provider: provider.name.clone() });
    }
    let exec = found.exec.as_ref()?;
    if exec.command.as_deref().unwrap_or_default().is_empty() {
        return Some(ContextFault::ProgramUnnamed { user });
    }
    let needs_terminal = exec.interactive_mode == Some(ExecInteractiveMode::Always);
    needs_terminal.then_some(ContextFault::Terminal { user })
}

/// The command line as a person would type it, with the values of options that name a secret hidden.
/// Its environment is left out: tokens stand there.
fn command_line(exec: &ExecConfig) -> Option<String> {
    let command = exec.command.as_deref().filter(|command| !command.is_empty())?;
    let mut words = vec![quoted(command)];
    words.extend(arguments(exec).map(|(word, secret)| match secret {
        None => quoted(word),
        Some(secret) => format!("{}{HIDDEN}", &word[..word.len() - secret.len()]),
    }));
    Some(words.join(" "))
}

/// What a program is given that nobody else may see: values of options and of variables that name a
/// secret.
pub(crate) fn secrets(exec: &ExecConfig) -> Vec<&str> {
    let variables = exec.env.iter().flatten().filter_map(|variable| {
        let (name, value) = (variable.get("name")?, variable.get("value")?);
        names_a_secret(&format!("-{name}")).then_some(value.as_str())
    });
    let options = arguments(exec).filter_map(|(_, secret)| secret);
    options.chain(variables).filter(|secret| !secret.is_empty()).collect()
}

/// Every argument, and the part of it that is a secret.
fn arguments(exec: &ExecConfig) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut hide = false;
    exec.args.iter().flatten().map(move |word| {
        let secret = match word.split_once('=') {
            _ if hide && !word.starts_with('-') => Some(word.as_str()),
            Some((option, value)) if names_a_secret(option) => Some(value),
            Some(_) | None => None,
        };
        hide = names_a_secret(word) && !word.contains('=');
        (word.as_str(), secret)
    })
}

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "***";

fn names_a_secret(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    option.starts_with('-')
        && ["secret", "password", "passwd", "token", "credential", "apikey", "api-key"]
            .iter()
            .any(|word| option.contains(word))
        && !["file", "path", "dir", "cache", "url", "type"].iter().any(|word| option.contains(word))
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// An address without a name and a password in it.
fn without_credentials(server: &str) -> String {
    let Some((scheme, rest)) = server.split_once("://") else { return server.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => server.to_owned(),
    }
}
