//! The simulated `istioctl`: `version`, `manifest generate` and `install`.
//!
//! Entry point: [`run`]. What it writes, prunes and waits for follows the real program, the
//! default tag and the deactivated injector included. Of the values it knows what decides about an
//! upgrade: profile, revision, hub, tag, variant, replicas, and which gateways there are.

pub(crate) mod crds;
mod gateways;
mod install;
mod pilot;
mod render;
mod tag;
mod values;
mod version;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cluster::Core;

pub(crate) use install::apply_now;
pub(crate) use values::Settings;

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// Its exit status.
    pub status: i32,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl Exit {
    fn good(stdout: String) -> Self {
        Self { status: 0, stdout, stderr: String::new() }
    }

    fn bad(stdout: String, error: &str) -> Self {
        Self { status: 1, stdout, stderr: format!("Error: {error}\n") }
    }
}

/// Runs the `istioctl` of a version.
pub(crate) async fn run(
    core: &Arc<Core>,
    version: &str,
    args: &[String],
    texts: BTreeMap<String, String>,
) -> Exit {
    let (words, mut flags) = match split(args) {
        Ok(split) => split,
        Err(error) => return Exit::bad(String::new(), &error),
    };
    flags.texts = texts;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["version"] => Exit::good(version::text(core, version, &flags)),
        ["manifest", "generate"] => match Settings::read(version, &flags) {
            Ok(settings) => Exit::good(render::text(&settings)),
            Err(error) => Exit::bad(String::new(), &format!("generate config: {error}")),
        },
        ["install" | "upgrade" | "apply"] => match Settings::read(version, &flags) {
            Ok(settings) if !flags.yes => Exit {
                status: 1,
                stdout: format!(
                    "This will install the Istio {version} profile \"{}\" into the cluster. \
                     Proceed? (y/N) Cancelled.\n",
                    settings.profile,
                ),
                stderr: String::new(),
            },
            Ok(settings) => install::run(core, &settings).await,
            Err(error) => Exit::bad(String::new(), &format!("generate config: {error}")),
        },
        [other, ..] => {
            Exit::bad(String::new(), &format!("unknown command \"{other}\" for \"istioctl\""))
        }
        [] => Exit::good("Istio configuration command line utility.\n".to_owned()),
    }
}

/// The flags that the program knows.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// Values files, in order.
    pub(crate) files: Vec<String>,
    /// Texts of files that are in no folder, by name.
    pub(crate) texts: BTreeMap<String, String>,
    /// `path=value`, in order.
    pub(crate) set: Vec<String>,
    /// The revision.
    pub(crate) revision: Option<String>,
    /// Seconds to wait for readiness.
    pub(crate) timeout: Option<u64>,
    yes: bool,
    json: bool,
    client_only: bool,
}

/// Splits arguments into words and flags.
fn split(args: &[String]) -> Result<(Vec<String>, Flags), String> {
    let (mut words, mut flags) = (Vec::new(), Flags::default());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if !arg.starts_with('-') {
            words.push(arg.clone());
            continue;
        }
        let (flag, inline) = match arg.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
            _ => (arg.as_str(), None),
        };
        if matches!(
            flag,
            "-y" | "--skip-confirmation"
                | "--force"
                | "--remote"
                | "--short"
                | "--dry-run"
                | "--cluster-specific"
                | "--verify"
        ) {
            flags.yes |= matches!(flag, "-y" | "--skip-confirmation");
            flags.client_only |= flag == "--remote" && inline.as_deref() == Some("false");
            continue;
        }
        let value = inline.or_else(|| rest.next().cloned());
        let value = value.ok_or_else(|| format!("flag needs an argument: {flag}"))?;
        match flag {
            "-f" | "--filename" => flags.files.extend(value.split(',').map(str::to_owned)),
            "-s" | "--set" => flags.set.push(value),
            "-r" | "--revision" => flags.revision = Some(value),
            "-o" | "--output" => flags.json = value == "json",
            "--readiness-timeout" => flags.timeout = seconds(&value),
            "--kubeconfig" | "-c" | "--context" | "-i" | "--istioNamespace" | "-n"
            | "--namespace" | "-d" | "--manifests" | "--vklog" => {}
            _ => return Err(format!("unknown flag: {flag}")),
        }
    }
    Ok((words, flags))
}

/// A Go duration such as `90s` or `5m0s`, in seconds.
fn seconds(text: &str) -> Option<u64> {
    let mut total = 0;
    let mut digits = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            'h' | 'm' | 's' => {
                let unit = match letter {
                    'h' => 3600,
                    'm' => 60,
                    _ => 1,
                };
                total += digits.parse::<u64>().ok()? * unit;
                digits.clear();
            }
            _ => return None,
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn flags_are_told_from_words() {
        let (words, flags) = split(&args(
            "install -y --kubeconfig k --context=demo -f a.yaml --set revision=1-31 --set=hub=h",
        ))
        .unwrap();

        assert_eq!(words, ["install"]);
        assert_eq!(flags.files, ["a.yaml"]);
        assert_eq!(flags.set, ["revision=1-31", "hub=h"]);
        assert!(flags.yes);
    }

    #[test]
    fn an_unknown_flag_is_refused() {
        assert_eq!(
            split(&args("install --frobnicate yes")).unwrap_err(),
            "unknown flag: --frobnicate"
        );
    }

    #[test]
    fn a_duration_is_read_in_seconds() {
        assert_eq!(seconds("5m30s"), Some(330));
        assert_eq!(seconds("soon"), None);
    }
}
