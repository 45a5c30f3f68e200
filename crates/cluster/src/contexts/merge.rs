//! Merges files by kubectl's rules, and remembers which file each part came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kube::config::{AuthInfo, Cluster, Context as ContextSpec, Kubeconfig};

use super::entry::{Access, Origin, context};
use super::file::{self, Listed};
use super::{FileProblem, Kubeconfigs};

/// Everything that the files say together, each name by the first file that has it.
#[derive(Default)]
struct World {
    clusters: BTreeMap<String, (Cluster, Arc<PathBuf>)>,
    users: BTreeMap<String, (AuthInfo, Arc<PathBuf>)>,
    contexts: Vec<(String, ContextSpec, Arc<PathBuf>)>,
    current: Option<(String, Arc<PathBuf>)>,
}

/// The contexts of files that kubectl would merge.
pub(super) fn merged(listed: &[Listed]) -> Kubeconfigs {
    let mut found = Kubeconfigs::default();
    let mut world = World::default();
    for one in listed {
        if let Some(config) = file::read(one, &mut found.problems) {
            world.take(config, &one.path, &mut found.problems);
        }
    }
    found.current = world.current_context(&mut found.problems);
    found.contexts = world.into_contexts();
    found
}

/// Adds the contexts of a file that stands for itself.
pub(super) fn add(found: &mut Kubeconfigs, path: &Path) {
    let listed = Listed::by_name(path.to_owned());
    let Some(config) = file::read(&listed, &mut found.problems) else { return };
    let mut world = World::default();
    world.take(config, path, &mut found.problems);
    let current = world.current_context(&mut found.problems);
    for new in world.into_contexts() {
        match found.contexts.iter().find(|known| known.name == new.name) {
            Some(known) if known.file == new.file => {}
            Some(known) => found.problems.push(shadowed(&new.name, path, &known.file)),
            None => found.contexts.push(new),
        }
    }
    let current = current.filter(|name| found.contexts.iter().any(|known| known.name == *name));
    found.current = found.current.take().or(current);
}

impl World {
    fn take(&mut self, config: Kubeconfig, path: &Path, problems: &mut Vec<FileProblem>) {
        let file = Arc::new(path.to_owned());
        for named in config.clusters {
            let cluster = named.cluster.unwrap_or_default();
            self.clusters.entry(named.name).or_insert_with(|| (cluster, Arc::clone(&file)));
        }
        for named in config.auth_infos {
            let user = named.auth_info.unwrap_or_default();
            self.users.entry(named.name).or_insert_with(|| (user, Arc::clone(&file)));
        }
        for named in config.contexts {
            match self.contexts.iter().find(|(name, ..)| *name == named.name) {
                Some((_, _, first)) if **first != *file => {
                    problems.push(shadowed(&named.name, path, first));
                }
                Some(_) => problems.push(FileProblem {
                    file: path.to_owned(),
                    message: format!(
                        "{} names context `{}` twice: the first one counts",
                        path.display(),
                        named.name
                    ),
                }),
                None => {
                    let spec = named.context.unwrap_or_default();
                    self.contexts.push((named.name, spec, Arc::clone(&file)));
                }
            }
        }
        if let Some(name) = config.current_context.filter(|name| !name.is_empty()) {
            self.current.get_or_insert((name, file));
        }
    }

    fn current_context(&self, problems: &mut Vec<FileProblem>) -> Option<String> {
        let (name, file) = self.current.as_ref()?;
        if self.contexts.iter().any(|(known, ..)| known == name) {
            return Some(name.clone());
        }
        problems.push(FileProblem {
            file: file.to_path_buf(),
            message: format!(
                "{} says that the current context is `{name}`, and there is no such context",
                file.display()
            ),
        });
        None
    }

    fn into_contexts(self) -> Vec<super::Context> {
        let Self { clusters, users, contexts, current: _ } = self;
        contexts
            .into_iter()
            .map(|(name, spec, file)| {
                let cluster = clusters.get(&spec.cluster);
                let user_name = spec.user.clone().unwrap_or_default();
                let user = users.get(&user_name);
                let origin = Origin {
                    context: Arc::clone(&file),
                    cluster: cluster.map(|(_, file)| Arc::clone(file)),
                    user: user.map(|(_, file)| Arc::clone(file)),
                };
                let access = Access {
                    cluster_name: spec.cluster,
                    cluster: cluster.map(|(cluster, _)| cluster.clone()),
                    user_name,
                    user: user.map(|(user, _)| user.clone()),
                    namespace: spec.namespace,
                    origin,
                };
                context(name, access)
            })
            .collect()
    }
}

fn shadowed(context: &str, file: &Path, first: &Path) -> FileProblem {
    FileProblem {
        file: file.to_owned(),
        message: format!(
            "context `{context}` of {} is not used: {} names it first",
            file.display(),
            first.display()
        ),
    }
}
