//! Looks for a credential in the order of the official tools (asm.md §9) and says where it is.
//!
//! Entry point: [`find`]. It reads variables and files and nothing else: no server is asked and no
//! program is run. The first place that has something decides; if that can't be used, it is said and
//! no further place is tried, because the next one may hold another account's key. For the same reason
//! a name is looked for where it counts and nowhere else: one that the user chose among the CLI's
//! profiles there alone; that of `ALIBABA_CLOUD_PROFILE`, which names a section of the ini file as
//! well, in both.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::environment::Environment;
use super::profile::{self, Listed, Mode};
use super::{Credentials, Keys, Method, ini};
use crate::programs::Programs;
use crate::provider::asm::api::RoleRequest;
use crate::provider::asm::endpoint::{Region, sts_host};

/// What the user chose.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The profile, instead of the one that variables or the file name.
    pub profile: Option<String>,
    /// Whether a program that a profile names may run.
    pub programs: ProgramUse,
}

/// Whether a program that a profile names may run.
#[derive(Debug, Clone)]
pub enum ProgramUse {
    /// It may not: the profile is named as one that would run a program.
    Refuse,
    /// The user agreed; it runs through this port.
    Run(Programs),
}

/// A credential and where it comes from.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it comes from, to be shown.
    pub source: Source,
    /// The region that is set beside it.
    pub region: Option<Region>,
    /// The credential.
    pub credentials: Credentials,
}

/// Where a credential comes from. It has no part of the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An access key in these variables.
    Variables {
        /// Their names.
        names: Vec<String>,
    },
    /// A role that is taken with a token, named in variables.
    TokenVariables {
        /// The role.
        role: String,
    },
    /// A profile of the CLI.
    Profile {
        /// The file.
        file: PathBuf,
        /// The profile's name.
        profile: String,
        /// How it has its credential.
        mode: Mode,
    },
    /// A section of the ini file of the SDKs.
    Ini {
        /// The file.
        file: PathBuf,
        /// The section's name.
        section: String,
        /// Its type, as the file spells it.
        kind: String,
    },
    /// A server whose address is in a variable.
    Uri {
        /// The variable.
        name: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variables { names } => write!(f, "the variables {}", names.join(", ")),
            Self::TokenVariables { role } => write!(f, "the role {role} with an OIDC token"),
            Self::Profile { file, profile, mode } => {
                write!(f, "profile `{profile}` ({mode}) of {}", file.display())
            }
            Self::Ini { file, section, kind } => {
                write!(f, "section `{section}` ({kind}) of {}", file.display())
            }
            Self::Uri { name } => write!(f, "the server that {name} names"),
        }
    }
}

/// Why no credential was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FindError {
    /// The first place that has something has something that can't be used.
    #[error("{place} can't be used: {problem}")]
    Unusable {
        /// The place.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What a name stands for is gone, or was never there.
    #[error("the profile `{profile}` was not found; looked for {}", looked.join("; "))]
    Missing {
        /// The name that was chosen.
        profile: String,
        /// What was looked for, in order.
        looked: Vec<String>,
    },
    /// No place has anything.
    #[error("no credential for Alibaba Cloud was found; looked for {}", looked.join("; "))]
    Nothing {
        /// What was looked for, in order.
        looked: Vec<String>,
    },
}

/// Looks for a credential.
pub fn find(environment: &Environment, choice: &Choice) -> Result<Found, FindError> {
    let mut looked = Vec::new();
    // A profile that the user chose in the app outranks what the shell happened to hold.
    if choice.profile.is_none() {
        if let Some(found) = in_variables(environment, &mut looked) {
            return Ok(found);
        }
        if let Some(found) = token_in_variables(environment, &mut looked) {
            return Ok(found);
        }
    }
    let named = choice.profile.as_deref().or(environment.value("PROFILE"));
    let before = looked.len();
    if let Some(found) = in_profiles(environment, choice, named, &mut looked)? {
        return Ok(found);
    }
    if choice.profile.is_none()
        && let Some(found) = ini::find(environment, named, &mut looked)?
    {
        return Ok(found);
    }
    if let Some(profile) = named {
        let looked = looked.split_off(before);
        return Err(FindError::Missing { profile: profile.to_owned(), looked });
    }
    if let Some((name, uri)) = environment.find("CREDENTIALS_URI") {
        let credentials = Credentials::new(Method::Uri(uri.into()));
        return Ok(Found {
            source: Source::Uri { name },
            region: region(environment),
            credentials,
        });
    }
    looked.push("the variable ALIBABA_CLOUD_CREDENTIALS_URI".to_owned());
    Err(FindError::Nothing { looked })
}

fn in_variables(environment: &Environment, looked: &mut Vec<String>) -> Option<Found> {
    let Some(found) = environment.keys() else {
        looked.push("ALIBABA_CLOUD_ACCESS_KEY_ID with ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned());
        return None;
    };
    let keys = Keys::new(&found.id, &found.secret, found.token.as_deref());
    let renewal = format!("set {} anew and start the app again", found.names.join(", "));
    Some(Found {
        source: Source::Variables { names: found.names },
        region: region(environment),
        credentials: Credentials::new(Method::Held { keys, renewal }),
    })
}

fn token_in_variables(environment: &Environment, looked: &mut Vec<String>) -> Option<Found> {
    let parts = ["ROLE_ARN", "OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE"];
    let [Some(role), Some(provider), Some(file)] = parts.map(|part| environment.value(part)) else {
        looked.push(
            "ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and \
             ALIBABA_CLOUD_OIDC_TOKEN_FILE"
                .to_owned(),
        );
        return None;
    };
    let sts = environment.value("STS_REGION").and_then(|id| Region::new(id).ok());
    let method = Method::Token {
        role: RoleRequest {
            role_arn: role.to_owned(),
            session: session(environment.value("ROLE_SESSION_NAME")),
            seconds: Some(3600),
            policy: None,
            external_id: None,
        },
        provider: provider.to_owned(),
        file: file.into(),
        host: sts_host(sts.as_ref()),
    };
    Some(Found {
        source: Source::TokenVariables { role: role.to_owned() },
        region: region(environment),
        credentials: Credentials::new(method),
    })
}

fn in_profiles(
    environment: &Environment,
    choice: &Choice,
    wanted: Option<&str>,
    looked: &mut Vec<String>,
) -> Result<Option<Found>, FindError> {
    let Some((file, text)) = profile_file(environment, looked)? else { return Ok(None) };
    let programs = programs(environment, choice);
    let Some(profile) = profile::read(&file, &text, wanted, &programs)? else {
        looked.push(match wanted {
            Some(wanted) => format!("profile `{wanted}` in {}", file.display()),
            None => format!("a current profile in {}", file.display()),
        });
        return Ok(None);
    };
    Ok(Some(Found { region: region(environment).or(profile.region), ..profile }))
}

/// The profiles of the CLI, in the order of their file, for a user to choose from.
pub fn profiles(environment: &Environment) -> Result<Vec<Listed>, FindError> {
    match profile_file(environment, &mut Vec::new())? {
        Some((file, text)) => profile::list(&file, &text),
        None => Ok(Vec::new()),
    }
}

/// The file of the CLI's profiles, if there is one and it counts.
fn profile_file(
    environment: &Environment,
    looked: &mut Vec<String>,
) -> Result<Option<(PathBuf, String)>, FindError> {
    if environment.is_on("CLI_PROFILE_DISABLED") || environment.is_on("IGNORE_PROFILE") {
        looked.push("no profile of the CLI, as a variable switches profiles off".to_owned());
        return Ok(None);
    }
    let file = environment.value("CONFIG_FILE").map(PathBuf::from);
    let Some(file) = file.or_else(|| Some(environment.home()?.join(".aliyun").join("config.json")))
    else {
        looked.push("profiles of the CLI, but there is no home folder".to_owned());
        return Ok(None);
    };
    Ok(read(&file, looked)?.map(|text| (file, text)))
}

/// The text of a file; none, and a note, if there is no such file.
pub(super) fn read(file: &Path, looked: &mut Vec<String>) -> Result<Option<String>, FindError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            looked.push(format!("the file {}", file.display()));
            Ok(None)
        }
        Err(error) => Err(FindError::Unusable {
            place: format!("the file {}", file.display()),
            problem: format!("it can't be read ({error})"),
        }),
    }
}

fn programs(environment: &Environment, choice: &Choice) -> ProgramUse {
    if environment.is_on("DISABLE_EXTERNAL_PROCESS") {
        return ProgramUse::Refuse;
    }
    choice.programs.clone()
}

pub(super) fn region(environment: &Environment) -> Option<Region> {
    environment.value("REGION_ID").and_then(|id| Region::new(id).ok())
}

/// The name under which a role is taken: the given one, or the app's.
pub(super) fn session(given: Option<&str>) -> String {
    given.unwrap_or("meshlift").to_owned()
}
