//! What the desktop itself says, outside the page: the question at closing and the notifications.
//!
//! Entry points: [`closing`] and [`news`]. Everything else that is read in the window comes from
//! the front end's own languages.

use meshlift_app::api::dto::{OperationKind, RunState, RunSummary};

/// A language that the app speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// From the setting; what is not known is English.
    pub(crate) fn of(setting: &str) -> Self {
        if setting.starts_with("zh") { Self::Chinese } else { Self::English }
    }
}

/// A question with two answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// Title of the dialog.
    pub title: String,
    /// What closing would mean.
    pub text: String,
    /// Closes.
    pub close: &'static str,
    /// Does not.
    pub stay: &'static str,
}

/// Asks before the window closes on a run that has not ended.
pub(crate) fn closing(language: Language, run: &RunSummary) -> Question {
    let RunSummary { number, context, .. } = run;
    let operation = operation(language, run.operation);
    match language {
        Language::English => Question {
            title: "A run has not ended".to_owned(),
            text: format!(
                "Run {number}, {operation} on {context}, stops where it is when you close \
                 Meshlift. What the cluster has begun goes on by itself. Open Meshlift again to \
                 resume the run."
            ),
            close: "Close",
            stay: "Keep open",
        },
        Language::Chinese => Question {
            title: "有运行尚未结束".to_owned(),
            text: format!(
                "关闭 Meshlift 后，{context} 上的运行 {number}（{operation}）将停在当前位置。\
                 集群中已经开始的操作会自行完成。重新打开 Meshlift 即可继续该运行。"
            ),
            close: "关闭",
            stay: "保持打开",
        },
    }
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// What is worth a notification when a run comes into `state`; nothing while it simply goes on.
pub(crate) fn news(language: Language, run: &RunSummary) -> Option<News> {
    let state = match (language, run.state) {
        (Language::English, RunState::Asking) => "needs your answer",
        (Language::English, RunState::Succeeded) => "is done",
        (Language::English, RunState::Failed) => "stopped",
        (Language::English, RunState::Aborted) => "was aborted",
        (Language::Chinese, RunState::Asking) => "需要您的回答",
        (Language::Chinese, RunState::Succeeded) => "已完成",
        (Language::Chinese, RunState::Failed) => "已停止",
        (Language::Chinese, RunState::Aborted) => "已中止",
        (
            _,
            RunState::Running
            | RunState::Pausing
            | RunState::Paused
            | RunState::Waiting
            | RunState::Interrupted,
        ) => return None,
    };
    let RunSummary { number, context, from, to, .. } = run;
    let operation = operation(language, run.operation);
    let title = match language {
        Language::English => format!("Run {number} {state}"),
        Language::Chinese => format!("运行 {number} {state}"),
    };
    Some(News { title, text: format!("{context}: {operation}, {from} → {to}") })
}

fn operation(language: Language, operation: OperationKind) -> &'static str {
    let (english, chinese) = match operation {
        OperationKind::UpgradeControlPlane => ("upgrade of the control plane", "升级控制面"),
        OperationKind::DeployCanary => ("deploying the canary", "部署金丝雀"),
        OperationKind::MoveNamespaces => ("moving namespaces", "迁移命名空间"),
        OperationKind::Restart => ("rolling upgrade", "滚动升级"),
        OperationKind::UpgradeGateways => ("upgrade of gateways", "升级网关"),
        OperationKind::GatewayCanary => ("canary of a gateway", "网关金丝雀"),
        OperationKind::Promote => ("promotion", "切换为当前版本"),
        OperationKind::Revoke => ("revoke", "撤销"),
        OperationKind::Unpublish => ("unpublishing the old revision", "卸载旧版本"),
        OperationKind::RollBack => ("roll back", "回滚"),
    };
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use meshlift_app::api::dto::Phrase;
    use meshlift_app::api::phrase::PhraseCode;

    use super::*;

    pub(crate) fn run(state: RunState) -> RunSummary {
        RunSummary {
            id: "a".into(),
            number: 27,
            context: "shop-prod".into(),
            cluster_uid: "u".into(),
            operation: OperationKind::MoveNamespaces,
            from: "1.30.5".into(),
            to: "1.31.1".into(),
            state,
            operator: "li.wei@laptop".into(),
            started_at: "2026-11-24T14:02:00Z".into(),
            ended_at: None,
            sentence: Phrase::plain(PhraseCode::RunStarting),
            pods_done: 0,
            pods_total: 3,
        }
    }

    #[test]
    fn the_question_names_run_and_context() {
        for language in [Language::English, Language::Chinese] {
            let question = closing(language, &run(RunState::Running));

            assert!(question.text.contains("27"), "which run: {}", question.text);
            assert!(question.text.contains("shop-prod"), "on which mesh: {}", question.text);
        }
    }

    #[test]
    fn only_an_end_or_a_question_is_news() {
        assert_eq!(news(Language::English, &run(RunState::Running)), None, "nothing to do");
        assert_eq!(news(Language::Chinese, &run(RunState::Paused)), None, "the user paused it");

        let news = news(Language::English, &run(RunState::Asking)).unwrap();
        assert_eq!(news.title, "Run 27 needs your answer", "the user must come back");
        assert_eq!(news.text, "shop-prod: moving namespaces, 1.30.5 → 1.31.1", "which run it is");
    }

    #[test]
    fn an_unknown_language_is_english() {
        assert_eq!(Language::of("zh-CN"), Language::Chinese, "the setting's own spelling");
        assert_eq!(Language::of("tlh"), Language::English, "never no words at all");
    }
}
