//! The kubectl, istioctl or aliyun command that does the same as an act, for people to read, check and copy.
//!
//! Entry point: [`command_line`]. The app does not run these commands; its own writes carry guards
//! that kubectl has no words for.

use meshlift_core::inventory::{INJECTION_LABEL, Kind, REVISION_LABEL, WorkloadRef};
use meshlift_core::rollout::{ActKind, Install, InstallPart, ObjectRef};

use super::aliyun;
use crate::provider::istioctl::overlay;

/// The command that does the same as an act, for the context of this name.
pub fn command_line(act: &ActKind, context: &str) -> String {
    match act {
        ActKind::Install { install } => istioctl(install, context),
        ActKind::Label { namespace, uid: _, from: _, to } => {
            let label = |key: &str, value: Option<&str>| match value {
                Some(value) => format!("{key}={value}"),
                None => format!("{key}-"),
            };
            kubectl(
                context,
                &[
                    "label",
                    "namespace",
                    namespace,
                    &label(INJECTION_LABEL, to.injection.as_deref()),
                    &label(REVISION_LABEL, to.revision.as_deref()),
                    "--overwrite",
                ],
            )
        }
        ActKind::Restart { workload, uid: _, template_hash: _ } => restart(workload, context),
        ActKind::Asm { instance, call } => {
            let line = aliyun::call(instance, call);
            words(&line.iter().map(String::as_str).collect::<Vec<_>>())
        }
        ActKind::SetTag { tag, revision } | ActKind::SetTagService { tag, revision } => words(&[
            "istioctl",
            "--context",
            context,
            "tag",
            "set",
            tag,
            "--revision",
            revision,
            "--overwrite",
        ]),
        ActKind::SetDefaultValidator { revision } => words(&[
            "istioctl",
            "--context",
            context,
            "tag",
            "set",
            "default",
            "--revision",
            revision,
            "--overwrite",
        ]),
        ActKind::DeactivateInjector { name } => {
            kubectl(context, &["edit", "mutatingwebhookconfiguration", name])
                + "  # both selectors of every webhook: istio.io/deactivated=never-match"
        }
        ActKind::Delete { object, uid: _ }
        | ActKind::Restore { object, manifest: None, left: _ } => {
            on_object(context, "delete", object)
        }
        ActKind::Restore { object, manifest: Some(_), left: _ } => {
            kubectl(context, &["replace", "-f", "-"]) + &format!("  # {object} as it was before")
        }
    }
}

fn restart(workload: &WorkloadRef, context: &str) -> String {
    let kind = match workload.kind {
        Kind::Deployment => "deployment",
        Kind::StatefulSet => "statefulset",
        Kind::DaemonSet => "daemonset",
        Kind::ReplicaSet | Kind::Job | Kind::CronJob | Kind::Other => {
            return format!("# {workload} has no rollout to restart");
        }
    };
    let target = format!("{kind}/{}", workload.name);
    kubectl(context, &["rollout", "restart", "--namespace", &workload.namespace, &target])
}

fn on_object(context: &str, verb: &str, object: &ObjectRef) -> String {
    let group = object.api_version.split_once('/').map(|(group, _)| group);
    let resource = match group {
        Some(group) => format!("{}.{group}", object.resource),
        None => object.resource.to_string(),
    };
    match &object.namespace {
        Some(namespace) => {
            kubectl(context, &[verb, "--namespace", namespace, &resource, &object.name])
        }
        None => kubectl(context, &[verb, &resource, &object.name]),
    }
}

fn istioctl(install: &Install, context: &str) -> String {
    let revision = install.revision.as_ref().map(|revision| format!("revision={revision}"));
    let mut line = vec![&*install.binary, "install", "--skip-confirmation", "--context", context];
    line.extend(["--filename", &install.values_file]);
    if let Some(revision) = &revision {
        line.extend(["--set", revision]);
    }
    match install.part {
        InstallPart::Everything => words(&line),
        InstallPart::ControlPlane => {
            line.extend(["--filename", overlay::FILE_NAME]);
            format!("{}  # which leaves the gateways out", words(&line))
        }
    }
}

fn kubectl(context: &str, rest: &[&str]) -> String {
    format!("{} {}", words(&["kubectl", "--context", context]), words(rest))
}

/// Words of a command line, quoted where a shell would read them otherwise.
fn words(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// A word of a command line, quoted where a shell would read it otherwise.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@,+%".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use meshlift_core::inventory::InjectionLabels;
    use rstest::rstest;

    use super::*;

    fn service() -> ObjectRef {
        ObjectRef {
            api_version: "v1".into(),
            kind: "Service".into(),
            resource: "services".into(),
            namespace: Some("istio-system".into()),
            name: "istiod-1-30".into(),
        }
    }

    fn install(revision: Option<&str>, part: InstallPart) -> ActKind {
        ActKind::Install {
            install: Install {
                revision: revision.map(Into::into),
                version: "1.31.1".parse().unwrap(),
                binary: "/opt/istio 1.31/istioctl".to_owned(),
                values_digest: String::new(),
                values_file: "/home/ada/values.yaml".to_owned(),
                part,
            },
        }
    }

    #[rstest]
    #[case::move_a_namespace(
        ActKind::Label {
            namespace: "shop".into(),
            uid: "u".into(),
            from: InjectionLabels { injection: Some("enabled".into()), revision: None },
            to: InjectionLabels { injection: None, revision: Some("1-31".into()) },
        },
        "kubectl --context prod label namespace shop istio-injection- istio.io/rev=1-31 --overwrite"
    )]
    #[case::restart_a_workload(
        ActKind::Restart {
            workload: WorkloadRef { namespace: "shop".into(), kind: Kind::StatefulSet, name: "db".into() },
            uid: "u".into(),
            template_hash: "h".into(),
        },
        "kubectl --context prod rollout restart --namespace shop statefulset/db"
    )]
    #[case::move_a_tag(
        ActKind::SetTag { tag: "default".into(), revision: "1-31".into() },
        "istioctl --context prod tag set default --revision 1-31 --overwrite"
    )]
    #[case::delete(
        ActKind::Delete { object: service(), uid: "u".into() },
        "kubectl --context prod delete --namespace istio-system services istiod-1-30"
    )]
    #[case::install_everything(
        install(Some("1-31"), InstallPart::Everything),
        "'/opt/istio 1.31/istioctl' install --skip-confirmation --context prod \
         --filename /home/ada/values.yaml --set revision=1-31"
    )]
    #[case::install_a_control_plane(
        install(None, InstallPart::ControlPlane),
        "'/opt/istio 1.31/istioctl' install --skip-confirmation --context prod \
         --filename /home/ada/values.yaml --filename meshlift-overlay.yaml  # which leaves the gateways out"
    )]
    fn shows_what_a_person_would_type(#[case] act: ActKind, #[case] expected: &str) {
        assert_eq!(command_line(&act, "prod"), expected);
    }

    #[test]
    fn quotes_what_a_shell_would_read() {
        let odd = command_line(
            &ActKind::DeactivateInjector { name: "istio-sidecar-injector".into() },
            "arn:aws:eks/it's $HERE",
        );
        assert!(odd.starts_with(r"kubectl --context 'arn:aws:eks/it'\''s $HERE' edit"), "{odd}");
    }
}
