//! Merges files by kubectl's rules, and remembers which file each part came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kube::config::{AuthInfo, Cluster, Context as ContextSpec, Kubeconfig};

use super::entry::{Access, Origin, context};
use super::file::{self, Listed};
use super::{FileFault, FileProblem, Kubeconfigs};

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

/// The current context of a kubeconfig that is in no file.
pub(super) fn given(name: &str, text: &str) -> Result<super::Context, String> {
    let unusable = |why: &str| format!("the kubeconfig of {name} {why}");
    let config = Kubeconfig::from_yaml(text).map_err(|_| unusable("can't be read"))?;
    let mut world = World::default();
    world.take(config, Path::new(name), &mut Vec::new());
    let current = world.current.take().map(|(current, _)| current);
    let mut contexts = world.into_contexts().into_iter();
    let found = match current {
        Some(current) => contexts.find(|context| context.name == current),
        None => contexts.next(),
    };
    let context = found.ok_or_else(|| unusable("names no context"))?;
    if let Some(problem) = &context.problem {
        return Err(unusable(&format!("can't be used: {problem}")));
    }
    if !brings_its_own(&context) {
        return Err(unusable("names a program or a file instead of bringing its credentials"));
    }
    Ok(super::Context { name: name.to_owned(), ..context })
}

fn brings_its_own(context: &super::Context) -> bool {
    let access = &context.access;
    let has_file = access.user.as_ref().is_some_and(|user| {
        user.token_file.is_some() || user.client_certificate.is_some() || user.client_key.is_some()
    }) || access
        .cluster
        .as_ref()
        .is_some_and(|cluster| cluster.certificate_authority.is_some());
    context.executes.is_none() && !has_file
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
                    fault: FileFault::Twice { context: named.name },
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
        let Some((name, file)) = &self.current else {
            // kubectl writes it into the first of several files.
            problems.extend(self.contexts.first().map(|(_, _, file)| FileProblem {
                file: file.to_path_buf(),
                fault: FileFault::NoCurrent,
            }));
            return None;
        };
        if self.contexts.iter().any(|(known, ..)| known == name) {
            return Some(name.clone());
        }
        problems.push(FileProblem {
            file: file.to_path_buf(),
            fault: FileFault::NoSuchCurrent { context: name.clone() },
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
        fault: FileFault::Shadowed { context: context.to_owned(), first: first.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::given;

    fn kubeconfig(user: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: k\ncontexts:\n- name: k\n  context: \
             {{cluster: c, user: u}}\nclusters:\n- name: c\n  cluster: {{server: \
             'https://192.0.2.1:6443'}}\nusers:\n- name: u\n  user: {{{user}}}\n"
        )
    }

    #[test]
    fn a_kubeconfig_from_a_server_gets_a_name_of_ours() {
        let context = given("ASM c1", &kubeconfig("client-certificate-data: QQ==")).unwrap();

        assert_eq!(
            (context.name.as_str(), context.server.as_str()),
            ("ASM c1", "https://192.0.2.1:6443")
        );
    }

    #[rstest]
    #[case::a_program("exec: {apiVersion: client.authentication.k8s.io/v1, command: secret-word}")]
    #[case::a_file("tokenFile: /secret-word")]
    #[case::no_yaml("}{secret-word")]
    fn it_may_name_neither_program_nor_file(#[case] user: &str) {
        let refused = given("ASM c1", &kubeconfig(user)).unwrap_err();

        assert!(!refused.contains("secret-word"), "its text is not repeated: {refused}");
    }
}
