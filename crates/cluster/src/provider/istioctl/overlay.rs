//! The file that is laid over an install's values: it fixes the revision, and leaves the gateways
//! out of a control plane's own step.
//!
//! istioctl merges values files from left to right, and a list replaces a list: empty lists leave
//! out every gateway, whatever the values and the profile name. A revision stands here as well as
//! on the command line, because `values.revision` in the values would beat the command line, and
//! because `--set revision=131` would be read as a number and dropped.

use meshlift_core::rollout::{Install, InstallPart};
use serde_json::json;

use crate::programs::InputFile;

/// Name of the overlay's file.
pub(crate) const FILE_NAME: &str = "meshlift-overlay.yaml";

/// The overlay as the file that a call of istioctl names.
pub(super) fn file(install: &Install) -> InputFile {
    InputFile { name: FILE_NAME.to_owned(), text: text(install) }
}

/// Name and text of the overlay that a command line of an install names; none where it names none.
pub fn overlay_of(install: &Install) -> Option<(&'static str, String)> {
    match install.part {
        InstallPart::ControlPlane => Some((FILE_NAME, text(install))),
        InstallPart::Everything => None,
    }
}

/// JSON, which is YAML too and quotes a revision such as `131` by itself.
fn text(install: &Install) -> String {
    let revision = install.revision.as_deref().unwrap_or_default();
    let mut spec = json!({ "revision": revision, "values": { "revision": revision } });
    match install.part {
        InstallPart::ControlPlane => {
            spec["components"] = json!({ "ingressGateways": [], "egressGateways": [] });
        }
        InstallPart::Everything => {}
    }
    let overlay = json!({
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "spec": spec,
    });
    format!("{overlay:#}\n")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::Value;

    use super::*;

    #[rstest]
    #[case::a_control_plane(InstallPart::ControlPlane, json!({ "ingressGateways": [], "egressGateways": [] }))]
    #[case::everything(InstallPart::Everything, Value::Null)]
    fn leaves_gateways_out_of_a_control_plane(#[case] part: InstallPart, #[case] expected: Value) {
        let install = Install {
            revision: Some("131".into()),
            version: "1.31.1".parse().unwrap(),
            binary: String::new(),
            values_digest: String::new(),
            values_file: String::new(),
            part,
        };
        let overlay: Value = serde_json::from_str(&text(&install)).unwrap();
        assert_eq!(overlay["spec"]["components"], expected);
        assert_eq!(overlay["spec"]["revision"], "131", "a text, not a number");
        assert_eq!(overlay["spec"]["values"]["revision"], "131");
    }
}
