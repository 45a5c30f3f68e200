//! The arguments of the istioctl calls. Pure: what runs can be read here and in a test. The cluster is
//! named by a file of ours in `KUBECONFIG`: `--kubeconfig` takes one file, and the credentials are in
//! another.

use std::ffi::OsString;

use meshlift_core::rollout::Install;

use super::overlay;
use crate::connection::Target;

/// `istioctl install`.
pub(super) fn install(install: &Install, target: &Target) -> Vec<OsString> {
    let mut args = vec!["install".into(), "--skip-confirmation".into()];
    args.extend(inputs(install, target));
    args
}

/// `istioctl manifest generate` with the very inputs of [`install`]. It asks the cluster for what
/// the cluster's own settings change in the render.
pub(super) fn generate(install: &Install, target: &Target) -> Vec<OsString> {
    let mut args: Vec<OsString> =
        ["manifest", "generate", "--cluster-specific"].map(OsString::from).to_vec();
    args.extend(inputs(install, target));
    args
}

fn inputs(install: &Install, target: &Target) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec![
        "--context".into(),
        target.context().into(),
        "--filename".into(),
        install.values_file.clone().into(),
        "--filename".into(),
        overlay::FILE_NAME.into(),
    ];
    if let Some(revision) = &install.revision {
        args.extend(["--set".into(), OsString::from(format!("revision={revision}"))]);
    }
    args
}

#[cfg(test)]
mod tests {
    use meshlift_core::rollout::InstallPart;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_revision(Some("1-31"), &["--set", "revision=1-31"])]
    #[case::none(None, &[])]
    fn render_and_install_take_the_same_inputs(
        #[case] revision: Option<&str>,
        #[case] rest: &[&str],
    ) {
        let call = Install {
            revision: revision.map(Into::into),
            version: "1.31.1".parse().unwrap(),
            binary: "istioctl".to_owned(),
            values_digest: String::new(),
            values_file: "/data/own values.yaml".to_owned(),
            part: InstallPart::Everything,
        };
        let target = Target::simulated("prod");
        let mut inputs: Vec<OsString> = [
            "--context",
            "prod",
            "--filename",
            "/data/own values.yaml",
            "--filename",
            "meshlift-overlay.yaml",
        ]
        .map(OsString::from)
        .to_vec();
        inputs.extend(rest.iter().map(OsString::from));
        assert_eq!(install(&call, &target)[2..], inputs);
        assert_eq!(generate(&call, &target)[3..], inputs);
    }
}
