//! What can be said on the command line.
//!
//! Entry point: [`parse`]. Deliberately absent: preferences, which live in the settings.

use std::ffi::OsString;
use std::path::PathBuf;

/// Text of `--help`.
pub(crate) const HELP: &str = "\
Meshlift upgrades service meshes by point and click.

Usage: meshlift [OPTIONS]

  --data DIR         keep journal, settings and logs in DIR instead of the user's data folder
  --kubeconfig FILE  read FILE instead of $KUBECONFIG and ~/.kube/config; may be given several times
  --context NAME     open the mesh of this context first
  --read-only        refuse every write, whatever the window says
  --version          print the version
  --help             print this text";

/// How the window was asked to start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Folder of journal, settings and logs; none for the user's own.
    pub data: Option<PathBuf>,
    /// Kubeconfig files that replace the usual ones.
    pub kubeconfigs: Vec<PathBuf>,
    /// The context whose mesh is opened first.
    pub context: Option<String>,
    /// Whether every write is refused.
    pub read_only: bool,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Open the window.
    Run(Options),
    /// Print this and end.
    Tell(String),
}

/// Why the command line was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OptionsError {
    /// No such option.
    Unknown(OsString),
    /// The option needs a value.
    NoValue(&'static str),
}

impl std::fmt::Display for OptionsError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(option) => {
                write!(out, "unknown option {}; try --help", option.display())
            }
            Self::NoValue(option) => write!(out, "{option} needs a value; try --help"),
        }
    }
}

/// Reads the command line, without the program's own name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Asked, OptionsError> {
    let mut options = Options::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--data") => options.data = Some(value("--data", &mut arguments)?),
            Some("--kubeconfig") => {
                options.kubeconfigs.push(value("--kubeconfig", &mut arguments)?);
            }
            Some("--context") => {
                let name = value("--context", &mut arguments)?;
                options.context = Some(name.to_string_lossy().into_owned());
            }
            Some("--read-only") => options.read_only = true,
            Some("--version") => {
                return Ok(Asked::Tell(format!("meshlift {}", env!("CARGO_PKG_VERSION"))));
            }
            Some("--help") => return Ok(Asked::Tell(HELP.to_owned())),
            Some(_) | None => return Err(OptionsError::Unknown(argument)),
        }
    }
    Ok(Asked::Run(options))
}

fn value(
    option: &'static str,
    arguments: &mut impl Iterator<Item = OsString>,
) -> Result<PathBuf, OptionsError> {
    arguments.next().map(PathBuf::from).ok_or(OptionsError::NoValue(option))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<Asked, OptionsError> {
        parse(line.iter().map(OsString::from))
    }

    #[test]
    fn nothing_said_means_the_users_own_folders() {
        assert_eq!(parsed(&[]), Ok(Asked::Run(Options::default())), "every option has a default");
    }

    #[test]
    fn every_option_is_read() {
        let line = "--data /d --kubeconfig /a --kubeconfig /b --context demo-istio --read-only";
        let line: Vec<&str> = line.split(' ').collect();

        let expected = Options {
            data: Some("/d".into()),
            kubeconfigs: vec!["/a".into(), "/b".into()],
            context: Some("demo-istio".into()),
            read_only: true,
        };
        assert_eq!(parsed(&line), Ok(Asked::Run(expected)), "all options at once");
    }

    #[test]
    fn what_is_not_understood_is_refused_and_named() {
        assert_eq!(
            parsed(&["--readonly"]),
            Err(OptionsError::Unknown("--readonly".into())),
            "a mistyped --read-only must not open a window that writes",
        );
        assert_eq!(parsed(&["--data"]), Err(OptionsError::NoValue("--data")), "no value follows");
    }

    #[test]
    fn help_names_every_option() {
        for option in ["--data", "--kubeconfig", "--context", "--read-only", "--version", "--help"]
        {
            assert!(HELP.contains(option), "{option} is missing in --help");
        }
    }
}
