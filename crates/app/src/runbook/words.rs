//! The window's own words, for documents in the user's language.
//!
//! Entry point: [`Language`]. The files of the front end are built in, so that a document and the
//! window say the same thing in the same words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::api::dto::Phrase;

const EN_US: &str = include_str!("../../../../ui/src/i18n/en-US.json");
const ZH_CN: &str = include_str!("../../../../ui/src/i18n/zh-CN.json");

/// Sentences of the catalogue, by the words that its files have.
const CATALOGUE: &str = include_str!("../../../../ui/src/i18n/catalogue.zh-CN.json");

static ENGLISH: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(EN_US).unwrap_or_default());
static CHINESE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(ZH_CN).unwrap_or_default());

static IN_CHINESE: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| serde_json::from_str(CATALOGUE).unwrap_or_default());

/// A language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Chinese,
}

macro_rules! words {
    ($($name:ident => $key:literal,)*) => {
        /// A word that only documents need.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Word { $($name,)* }

        impl Word {
            /// Every word.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
        }
    };
}

words! {
    TitlePlan => "titlePlan",
    TitleRoute => "titleRoute",
    Context => "context",
    Server => "server",
    Cluster => "cluster",
    Instance => "instance",
    From => "from",
    To => "to",
    Digest => "digest",
    Rules => "rules",
    Kubernetes => "kubernetes",
    Restarts => "restarts",
    WaysBack => "waysBack",
    WaysOf => "waysOf",
    Data => "data",
    Made => "made",
    Will => "will",
    WillNot => "willNot",
    WayBack => "wayBack",
    Findings => "findings",
    NoFindings => "noFindings",
    Severity => "severity",
    Rule => "rule",
    Where => "where",
    What => "what",
    Consequence => "consequence",
    Fix => "fix",
    Source => "source",
    Acknowledged => "acknowledged",
    Open => "open",
    HitClear => "hitClear",
    SeverityBlock => "severityBlock",
    SeverityWarn => "severityWarn",
    SeverityInfo => "severityInfo",
    Consents => "consents",
    First => "first",
    Hop => "hop",
    AllHops => "allHops",
    CheckCluster => "checkCluster",
    CheckContext => "checkContext",
    CheckNames => "checkNames",
    CheckSides => "checkSides",
    CheckStop => "checkStop",
    Steps => "steps",
    StepRestarts => "stepRestarts",
    File => "file",
    Gate => "gate",
    Back => "back",
    NoBack => "noBack",
    OnlyReads => "onlyReads",
    GateBefore => "gateBefore",
    GateIstioctl => "gateIstioctl",
    GateRollout => "gateRollout",
    GateVersion => "gateVersion",
    GateLabel => "gateLabel",
    GateLabelAsm => "gateLabelAsm",
    GateWorkload => "gateWorkload",
    GateProxy => "gateProxy",
    GateProxyImage => "gateProxyImage",
    GateSynced => "gateSynced",
    GateNoProxy => "gateNoProxy",
    GateTag => "gateTag",
    GateGone => "gateGone",
    GateAnalyze => "gateAnalyze",
    GateWebhooks => "gateWebhooks",
    GateConsole => "gateConsole",
    GateInstance => "gateInstance",
    BackLabel => "backLabel",
    BackRestart => "backRestart",
    BackTag => "backTag",
    BackCanary => "backCanary",
    Changes => "changes",
    NoChanges => "noChanges",
    ChangeEscape => "changeEscape",
    Hit => "hit",
    HitUndecided => "hitUndecided",
    KubernetesFirst => "kubernetesFirst",
    KubernetesHow => "kubernetesHow",
    GateKubernetes => "gateKubernetes",
    IstioPrecheck => "istioPrecheck",
    IstioInPlace => "istioInPlace",
    IstioInPlaceNote => "istioInPlaceNote",
    IstioCanary => "istioCanary",
    MoveFirst => "moveFirst",
    MoveRest => "moveRest",
    Promote => "promote",
    Gateways => "gateways",
    GatewaysNote => "gatewaysNote",
    RestartRest => "restartRest",
    Retire => "retire",
    RetireNote => "retireNote",
    RetireUnused => "retireUnused",
    Verify => "verify",
    AsmPrecheck => "asmPrecheck",
    AsmInPlace => "asmInPlace",
    AsmCanary => "asmCanary",
    AsmPromote => "asmPromote",
    AsmGateways => "asmGateways",
    AsmRetire => "asmRetire",
    AsmBack => "asmBack",
    AsmLabelNote => "asmLabelNote",
    Stop => "stop",
    StopHold => "stopHold",
    StopBack => "stopBack",
    StopLook => "stopLook",
    StopLookAsm => "stopLookAsm",
}

impl Language {
    /// The language of a tag such as `zh-CN`; English for any other.
    pub(crate) fn of(tag: &str) -> Self {
        if tag.starts_with("zh") { Self::Chinese } else { Self::English }
    }

    /// The tag, for a document's head.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Chinese => "zh-CN",
        }
    }

    /// A word of documents with its blanks filled.
    pub(crate) fn word(self, word: Word, params: &[(&str, &str)]) -> String {
        let mut words = self.at(&format!("/runbook/{}", word.key())).to_owned();
        for (name, value) in params {
            words = words.replace(&format!("{{{{{name}}}}}"), value);
        }
        words
    }

    /// A sentence of the application.
    pub(crate) fn say(self, phrase: &Phrase) -> String {
        let code = serde_json::to_value(phrase.code).unwrap_or_default();
        let key = format!("/phrase/{}", code.as_str().unwrap_or_default());
        let number = phrase.params.get("count").or(phrase.params.get("workloads"));
        let form = if number.is_some_and(|number| number == "1") { "one" } else { "other" };
        let plural = self.at(&format!("{key}_{form}"));
        let mut words = if plural.is_empty() { self.at(&key) } else { plural }.to_owned();
        if words.is_empty() {
            words = phrase.code.english().replace('{', "{{").replace('}', "}}");
        }
        for (name, value) in &phrase.params {
            words = words.replace(&format!("{{{{{name}}}}}"), self.data(value));
        }
        for (name, sentence) in &phrase.nested {
            words = words.replace(&format!("{{{{{name}}}}}"), &self.say(sentence));
        }
        words
    }

    /// A sentence of the catalogue; one that a file of the user's brought stays as it is.
    pub(crate) fn data(self, text: &str) -> &str {
        match self {
            Self::English => text,
            Self::Chinese => IN_CHINESE.get(text).map_or(text, String::as_str),
        }
    }

    /// The name of an operation or a method, as the window has it.
    pub(crate) fn name(self, path: &str) -> String {
        self.at(path).to_owned()
    }

    fn at(self, path: &str) -> &'static str {
        let words = match self {
            Self::English => &*ENGLISH,
            Self::Chinese => &*CHINESE,
        };
        words.pointer(path).and_then(Value::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::dto::PhraseCode;

    #[test]
    fn every_word_and_every_sentence_exists_in_both_languages() {
        for language in [Language::English, Language::Chinese] {
            for word in Word::ALL {
                assert_ne!(language.word(*word, &[]), "", "{word:?} in {}", language.tag());
            }
            for code in PhraseCode::ALL {
                let name = serde_json::to_value(code).unwrap();
                let key = format!("/phrase/{}", name.as_str().unwrap());
                let found = [String::new(), "_other".to_owned()]
                    .iter()
                    .any(|end| !language.at(&format!("{key}{end}")).is_empty());
                assert!(found, "{key} in {}", language.tag());
            }
        }
    }

    #[test]
    fn every_sentence_of_the_catalogue_has_chinese_words_and_no_other_has() {
        let catalog = meshlift_core::catalog::Catalog::embedded();
        let changes = catalog.changes.iter().flat_map(|it| [&it.change, &it.remedy]);
        let defects = catalog.known_bad.iter().flat_map(|it| {
            [Some(&it.title), Some(&it.problem), it.condition.as_ref()].into_iter().flatten()
        });
        let said: BTreeSet<&String> = changes.chain(defects).collect();
        let known: BTreeSet<&String> = IN_CHINESE.keys().collect();

        assert_eq!(said, known);
        for text in said {
            let chinese = Language::Chinese.data(text);
            let is_chinese = chinese.chars().any(|one| ('\u{4e00}'..='\u{9fff}').contains(&one));
            assert!(is_chinese, "{text}: {chinese}");
        }
    }

    #[test]
    fn a_sentence_of_the_catalogue_inside_another_is_in_the_same_language() {
        let remedy = "Set sni explicitly.".to_owned();
        let phrase =
            Phrase::with(PhraseCode::FirstChange, [("id", "B121-2".into()), ("remedy", remedy)]);

        assert!(Language::Chinese.say(&phrase).contains("显式设置 sni。"));
    }

    #[test]
    fn blanks_are_filled_and_one_is_told_from_many() {
        let some = |count: &str| {
            Phrase::with(PhraseCode::ReasonBlockingFindings, [("count", count.to_owned())])
        };
        assert_eq!(Language::English.say(&some("1")), "Resolve 1 blocking finding first");
        assert_eq!(Language::English.say(&some("2")), "Resolve 2 blocking findings first");
        assert!(Language::Chinese.say(&some("2")).contains('2'));
    }
}
