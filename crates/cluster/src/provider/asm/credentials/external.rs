//! A program that prints a credential. It runs only if the user agreed, with explicit arguments and
//! never through a shell, so a command that needs a shell is refused.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::find::ProgramUse;
use super::{CredentialError, Keys, Method, issued};
use crate::programs::{Effect, Invocation, ProgramError, Programs};

/// Characters that mean something to a shell. A command with one of them was written for a shell,
/// and would do something else without it. The backslash is left out: paths on Windows have it, and
/// the CLI, which uses no shell either, takes it as it is.
const SHELL: &[char] = &[
    '|', '&', ';', '<', '>', '(', ')', '{', '}', '[', ']', '$', '`', '"', '\'', '*', '?', '!', '~',
    '#',
];

/// How a profile with this command has its credential.
pub(super) fn method(command: &str, programs: &ProgramUse) -> Result<Method, String> {
    let words = split(command)?;
    match programs {
        ProgramUse::Refuse => Err(format!(
            "it would run the program `{}`, which was not agreed to",
            words.first().map_or("", |word| word)
        )),
        ProgramUse::Run(programs) => Ok(Method::Program { words, programs: programs.clone() }),
    }
}

/// The program of a command, without its arguments, which may hold anything.
pub(super) fn program(command: &str) -> Option<String> {
    command.split_whitespace().next().map(str::to_owned)
}

/// The words of a command, at blanks, as the CLI splits it: nothing is quoted or escaped.
fn split(command: &str) -> Result<Vec<String>, String> {
    if let Some(found) = command.chars().find(|c| SHELL.contains(c) || c.is_control()) {
        return Err(format!(
            "its `process_command` has the character {found:?}, which needs a shell, and none is used"
        ));
    }
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { Err("its `process_command` is empty".to_owned()) } else { Ok(words) }
}

/// Runs the program and takes the credential that it prints.
pub(super) async fn run(
    words: &[String],
    programs: &Programs,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Keys, CredentialError> {
    let (program, args) = words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
    let failed = |reason: String| CredentialError::Program { program: program.to_owned(), reason };
    let ended = cancel.child_token();
    let invocation = Invocation {
        program: program.into(),
        args: args.iter().map(Into::into).collect(),
        files: Vec::new(),
        env: Vec::new(),
        effect: Effect::Reads,
        cancel: ended.clone(),
    };
    let running = programs.run(invocation, |_, _| {});
    tokio::pin!(running);
    let exit = tokio::select! {
        exit = &mut running => exit,
        () = tokio::time::sleep(limit) => {
            ended.cancel();
            // Cancelled, it ends what it started before it returns.
            let _ = running.await;
            return Err(failed(format!("did not end within {} s", limit.as_secs_f32())));
        }
    };
    let exit = exit.map_err(|error| match error {
        ProgramError::Cancelled { .. } => CredentialError::Cancelled,
        ProgramError::Start { source, .. } => failed(format!("could not be started: {source}")),
        ProgramError::ReadOnly { .. }
        | ProgramError::TooMuchOutput { .. }
        | ProgramError::Wait { .. }
        | ProgramError::Output { .. } => failed("could not be run to its end".to_owned()),
    })?;
    if !exit.success() {
        // Its words may hold what it was about to print.
        return Err(failed(match exit.status {
            Some(status) => format!("ended with exit code {status}"),
            None => "was ended by a signal".to_owned(),
        }));
    }
    issued::read(exit.stdout.as_bytes())
        .ok_or_else(|| failed("did not print a credential as JSON".to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::pipe("cat key | jq .")]
    #[case::substitution("tool $(id)")]
    #[case::variable("tool $HOME")]
    #[case::redirection("tool > out")]
    #[case::two("tool; rm x")]
    #[case::quotes("tool 'a b'")]
    #[case::home("~/bin/tool")]
    #[case::glob("tool *.json")]
    #[case::line("tool\nother")]
    #[case::nothing("  ")]
    fn what_needs_a_shell_is_refused(#[case] command: &str) {
        assert!(split(command).is_err(), "{command}");
    }

    #[test]
    fn a_backslash_is_part_of_its_word() {
        let words = split(r"C:\corp\login.exe --cache C:\Users\ada").unwrap();

        assert_eq!(words, [r"C:\corp\login.exe", "--cache", r"C:\Users\ada"]);
    }

    #[test]
    fn words_are_split_at_blanks() {
        let words = split("  /opt/acs  --profile=dev -q ").unwrap();

        assert_eq!(words, ["/opt/acs", "--profile=dev", "-q"]);
    }
}
