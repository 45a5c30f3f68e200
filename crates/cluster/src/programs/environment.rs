//! The few variables that a program inherits. Everything else in the app's own environment, such as
//! `ISTIOCTL_*` or another `KUBECONFIG`, would let two identical command lines do different things.

use std::ffi::{OsStr, OsString};

/// The variables of `own` that a program inherits.
pub(super) fn inherited(
    own: impl IntoIterator<Item = (OsString, OsString)>,
) -> Vec<(OsString, OsString)> {
    own.into_iter().filter(|(name, _)| is_inherited(name)).collect()
}

fn is_inherited(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Where programs, homes and temporary files are, the way out through a proxy, and what Windows
/// programs cannot start without.
const NAMES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "TMPDIR",
    "TMP",
    "TEMP",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "SSH_AUTH_SOCK",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
];

/// Settings of the credential programs that a kubeconfig may name.
const PREFIXES: &[&str] = &[
    "LC_",
    "XDG_",
    "AWS_",
    "AZURE_",
    "AAD_",
    "ARM_",
    "GOOGLE_",
    "CLOUDSDK_",
    "USE_GKE_",
    "ALIBABA_CLOUD_",
    "ALIBABACLOUD_",
    "ALICLOUD_",
    "OCI_",
];

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::search_path("PATH", true)]
    #[case::proxy_in_small_letters("https_proxy", true)]
    #[case::credential_program("AWS_PROFILE", true)]
    #[case::another_kubeconfig("KUBECONFIG", false)]
    #[case::flags_of_istioctl("ISTIOCTL_XDS_ADDRESS", false)]
    #[case::config_of_istioctl("ISTIOCONFIG", false)]
    #[case::anything_else("LD_PRELOAD", false)]
    fn passes_on_only_what_is_needed(#[case] name: &str, #[case] expected: bool) {
        let own = [(OsString::from(name), OsString::from("value"))];
        assert_eq!(inherited(own).len() == 1, expected, "{name}");
    }
}
