//! Profiles of the CLI, `~/.aliyun/config.json`: every mode is known, and those that can't work on a
//! laptop say so (asm.md §9). The file is only read.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::external;
use super::find::{FindError, Found, ProgramUse, Source, session};
use super::{Credentials, Keys, Method};
use crate::provider::asm::api::RoleRequest;
use crate::provider::asm::endpoint::{Region, sts_host};

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// How a profile has its credential.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Mode {
            $($(#[$doc])* $name,)+
            /// One that nobody has described.
            Unknown(String),
        }

        impl Mode {
            /// From the word in the file, in whatever letters; an empty one is the default, `AK`.
            fn of(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($word) { return Self::$name; })+
                if word.is_empty() { Self::Ak } else { Self::Unknown(word.chars().take(40).collect()) }
            }

            /// The word, as the CLI spells it.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$name => $word,)+ Self::Unknown(word) => word }
            }
        }
    };
}

modes! {
    /// An access key.
    Ak = "AK",
    /// A temporary access key.
    StsToken = "StsToken",
    /// A role that is taken with the profile's own access key.
    RamRoleArn = "RamRoleArn",
    /// A role that is taken with another profile's credential.
    ChainableRamRoleArn = "ChainableRamRoleArn",
    /// A server gives it.
    CredentialsUri = "CredentialsURI",
    /// A program gives it.
    External = "External",
    /// A role that is taken with a token from a file.
    Oidc = "OIDC",
    /// A sign-in of the CLI, of which the temporary key is kept in the profile.
    CloudSso = "CloudSSO",
    /// A sign-in of the CLI, of which the temporary key is kept in the profile.
    OAuth = "OAuth",
    /// The role of a virtual machine: there is none on a laptop.
    EcsRamRole = "EcsRamRole",
    /// A role that is taken with the role of a virtual machine.
    RamRoleArnWithRoleName = "RamRoleArnWithRoleName",
    /// A pair of RSA keys, which the cloud no longer issues.
    RsaKeyPair = "RsaKeyPair",
    /// A bearer token, which the service-mesh API does not take.
    BearerToken = "BearerToken",
    /// Nothing, which the service-mesh API does not take.
    Anonymous = "Anonymous",
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A profile, as a user chooses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// How it has its credential.
    pub mode: Mode,
    /// The region that is set in it.
    pub region: Option<Region>,
    /// The program that using it runs, without its arguments.
    pub runs: Option<String>,
}

/// What is wrong with a profile, in words that hold none of it.
type Problem = String;

/// The wanted profile of a file, or its current one; none if there is no such profile.
pub(super) fn read(
    file: &Path,
    text: &str,
    wanted: Option<&str>,
    programs: &ProgramUse,
) -> Result<Option<Found>, FindError> {
    let root = parsed(file, text)?;
    let profiles = Profiles::of(&root);
    let current = root.get("current").and_then(Value::as_str).filter(|name| !name.is_empty());
    let Some(name) = wanted.or(current) else { return Ok(None) };
    let Some(profile) = profiles.named(name) else { return Ok(None) };
    let source =
        Source::Profile { file: file.to_owned(), profile: name.to_owned(), mode: profile.mode() };
    let method = profiles
        .method(&profile, programs, &mut Vec::new())
        .map_err(|problem| FindError::Unusable { place: source.to_string(), problem })?;
    Ok(Some(Found { region: profile.region(), credentials: Credentials::new(method), source }))
}

/// Every profile of a file that has a name.
pub(super) fn list(file: &Path, text: &str) -> Result<Vec<Listed>, FindError> {
    let root = parsed(file, text)?;
    let profiles = Profiles::of(&root);
    let listed = profiles.0.iter().filter_map(Value::as_object).map(Profile).filter_map(|it| {
        Some(Listed {
            name: it.text("name")?.to_owned(),
            mode: it.mode(),
            region: it.region(),
            runs: profiles.program(&it, &mut Vec::new()),
        })
    });
    Ok(listed.collect())
}

fn parsed(file: &Path, text: &str) -> Result<Value, FindError> {
    serde_json::from_str(text).map_err(|error| FindError::Unusable {
        place: format!("the file {}", file.display()),
        problem: format!("line {}, column {} is not JSON", error.line(), error.column()),
    })
}

struct Profiles<'a>(&'a [Value]);

struct Profile<'a>(&'a Map<String, Value>);

impl<'a> Profiles<'a> {
    fn of(root: &'a Value) -> Self {
        Self(root.get("profiles").and_then(Value::as_array).map_or(&[], |profiles| profiles))
    }

    /// The program that using a profile runs, its own or its source's.
    fn program(&self, profile: &Profile<'a>, seen: &mut Vec<&'a str>) -> Option<String> {
        match profile.mode() {
            Mode::External => external::program(profile.text("process_command")?),
            Mode::ChainableRamRoleArn => {
                let source = profile.text("source_profile").filter(|name| !seen.contains(name))?;
                seen.push(source);
                self.program(&self.named(source)?, seen)
            }
            Mode::Ak
            | Mode::StsToken
            | Mode::RamRoleArn
            | Mode::CredentialsUri
            | Mode::Oidc
            | Mode::CloudSso
            | Mode::OAuth
            | Mode::EcsRamRole
            | Mode::RamRoleArnWithRoleName
            | Mode::RsaKeyPair
            | Mode::BearerToken
            | Mode::Anonymous
            | Mode::Unknown(_) => None,
        }
    }

    fn named(&self, name: &str) -> Option<Profile<'a>> {
        let mut profiles = self.0.iter().filter_map(Value::as_object).map(Profile);
        profiles.find(|profile| profile.text("name") == Some(name))
    }

    /// How a profile has its credential. `seen` are the profiles that led here.
    fn method(
        &self,
        profile: &Profile<'a>,
        programs: &ProgramUse,
        seen: &mut Vec<&'a str>,
    ) -> Result<Method, Problem> {
        let nothing_else =
            |reason: &str| Err(format!("mode {} is not supported here: {reason}", profile.mode()));
        match profile.mode() {
            Mode::Ak => profile.held(Token::LeftOut),
            Mode::StsToken => profile.held(Token::Needed),
            Mode::RamRoleArn => profile.role(profile.held(Token::IfThere)?),
            Mode::ChainableRamRoleArn => profile.role(self.source(profile, programs, seen)?),
            Mode::CredentialsUri => Ok(Method::Uri(profile.need("credentials_uri")?.into())),
            Mode::External => external::method(profile.need("process_command")?, programs),
            Mode::Oidc => profile.token(),
            Mode::CloudSso | Mode::OAuth => profile.signed_in(),
            Mode::EcsRamRole | Mode::RamRoleArnWithRoleName => {
                nothing_else("it needs the role of a virtual machine in the cloud")
            }
            Mode::RsaKeyPair => nothing_else("use an access key or a role instead"),
            Mode::BearerToken => nothing_else("the service-mesh API takes signed requests only"),
            Mode::Anonymous => nothing_else("the service-mesh API takes signed requests only"),
            Mode::Unknown(_) => nothing_else("it is not known"),
        }
    }

    fn source(
        &self,
        profile: &Profile<'a>,
        programs: &ProgramUse,
        seen: &mut Vec<&'a str>,
    ) -> Result<Method, Problem> {
        seen.push(profile.need("name")?);
        let name = profile.need("source_profile")?;
        if seen.contains(&name) {
            return Err(format!("its source profiles lead back to `{name}`"));
        }
        let source = self.named(name).ok_or(format!("there is no source profile `{name}`"))?;
        self.method(&source, programs, seen)
            .map_err(|problem| format!("its source profile `{name}`: {problem}"))
    }
}

/// What of a temporary key's token a mode takes.
#[derive(Clone, Copy)]
enum Token {
    Needed,
    IfThere,
    LeftOut,
}

impl<'a> Profile<'a> {
    fn mode(&self) -> Mode {
        Mode::of(self.text("mode").unwrap_or_default())
    }

    fn region(&self) -> Option<Region> {
        self.text("region_id").and_then(|id| Region::new(id).ok())
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn need(&self, name: &str) -> Result<&'a str, Problem> {
        self.text(name).ok_or_else(|| format!("it has no `{name}`"))
    }

    /// A whole number, or text that is one; 0 counts as not set.
    fn number(&self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
        (number > 0).then_some(number)
    }

    fn keys(&self, token: Token) -> Result<Keys, Problem> {
        let (id, secret) = (self.need("access_key_id")?, self.need("access_key_secret")?);
        let token = match token {
            Token::Needed => Some(self.need("sts_token")?),
            Token::IfThere => self.text("sts_token"),
            Token::LeftOut => None,
        };
        Ok(Keys::new(id, secret, token))
    }

    fn held(&self, token: Token) -> Result<Method, Problem> {
        let name = self.text("name").unwrap_or_default();
        let renewal = format!("run `aliyun configure --profile {name}`");
        Ok(Method::Held { keys: self.keys(token)?, renewal })
    }

    /// The temporary key of the last sign-in, which the CLI keeps in the profile with its end.
    fn signed_in(&self) -> Result<Method, Problem> {
        let name = self.text("name").unwrap_or_default();
        let renewal =
            format!("sign in with `aliyun configure --mode {} --profile {name}`", self.mode());
        let missing = |_| format!("it keeps no temporary key: {renewal}");
        let keys = self.keys(Token::Needed).map_err(missing)?;
        let end = self.number("sts_expiration").and_then(|end| Timestamp::from_second(end).ok());
        Ok(Method::Held { keys: keys.until(end), renewal })
    }

    fn role(&self, base: Method) -> Result<Method, Problem> {
        let role = self.role_request()?;
        Ok(Method::Role { base: Box::new(base), role, host: self.sts_host()? })
    }

    fn token(&self) -> Result<Method, Problem> {
        Ok(Method::Token {
            role: self.role_request()?,
            provider: self.need("oidc_provider_arn")?.to_owned(),
            file: self.need("oidc_token_file")?.into(),
            host: self.sts_host()?,
        })
    }

    fn role_request(&self) -> Result<RoleRequest, Problem> {
        let seconds = self.number("expired_seconds").and_then(|it| u32::try_from(it).ok());
        Ok(RoleRequest {
            role_arn: self.need("ram_role_arn")?.to_owned(),
            session: session(self.text("ram_session_name")),
            seconds: Some(seconds.unwrap_or(3600)),
            policy: self.text("policy").map(str::to_owned),
            external_id: self.text("external_id").map(str::to_owned),
        })
    }

    fn sts_host(&self) -> Result<String, Problem> {
        let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        match (self.text("sts_endpoint"), self.text("sts_region")) {
            (Some(host), _) if host.chars().all(is_host) => Ok(host.to_owned()),
            (Some(_), _) => Err("its `sts_endpoint` is not the name of a host".to_owned()),
            (None, Some(id)) => {
                let region =
                    Region::new(id).map_err(|error| format!("its `sts_region`: {error}"))?;
                Ok(sts_host(Some(&region)))
            }
            (None, None) => Ok(sts_host(None)),
        }
    }
}
