//! What a dry-run pod of an ASM mesh tells.

use crate::rollout::Preflight;

/// The result of a preflight in the names of the joined mesh: the pod itself says revision `default`
/// whatever injected it, and its proxy's version tells (`domain/asm.md` §10.3).
pub fn preflighted(result: Preflight) -> Preflight {
    match result {
        Preflight::Injected { revision: _, version: Some(version), proven } => {
            Preflight::Injected {
                revision: version.revision().into(),
                version: Some(version),
                proven,
            }
        }
        Preflight::Injected { revision, version: None, proven: _ } => {
            let why = format!("the proxy that {revision} would inject names no version");
            Preflight::CannotTell { why }
        }
        other @ (Preflight::NotInjected | Preflight::CannotTell { .. }) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_proxy_names_the_revision() {
        let version = "1.18.0.158".parse().ok();
        let said = Preflight::Injected { revision: "default".into(), version, proven: true };

        let Preflight::Injected { revision, .. } = preflighted(said) else {
            panic!("it is injected");
        };
        assert_eq!(&*revision, "1-18-0");
    }

    #[test]
    fn without_a_version_it_is_not_guessed() {
        let revision = "default".into();
        let said = Preflight::Injected { revision, version: None, proven: true };

        assert!(matches!(preflighted(said), Preflight::CannotTell { .. }));
    }
}
