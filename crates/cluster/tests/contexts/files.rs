//! What the files say, and what is wrong with them.

use std::path::PathBuf;

use meshlift_cluster::contexts::{self, KubeconfigFiles};
use rstest::rstest;

use super::{Home, context, kubeconfig, messages, read};

const CLUSTER: &str = "{server: 'https://127.0.0.1:6443'}";

#[test]
fn the_standard_file_is_read_when_no_list_is_given() {
    let home = Home::new();
    home.file(".kube/config", &kubeconfig("home", CLUSTER, "{token: t}"));

    for env in [None, Some("".into()), Some(":".into())] {
        let files = KubeconfigFiles { env, home: Some(home.path().to_owned()), added: vec![] };
        let found = contexts::read(&files);

        assert_eq!(found.current.as_deref(), Some("home"), "{files:?}");
        assert_eq!(found.problems, []);
    }
}

#[test]
fn a_home_without_a_kubeconfig_is_no_problem() {
    let home = Home::new();
    let files = KubeconfigFiles { env: None, home: Some(home.path().to_owned()), added: vec![] };

    let found = contexts::read(&files);

    assert!(found.contexts.is_empty() && found.problems.is_empty(), "{found:?}");
}

#[rstest]
#[case::broken("clusters: [\n  unclosed", "is not a valid kubeconfig: see line")]
#[case::another_document("just a sentence", "is not a valid kubeconfig: see line")]
#[case::wrong_shape("clusters:\n  name: x\n", "is not a valid kubeconfig: see line")]
#[case::empty("", "is empty")]
#[case::nothing_in_it("apiVersion: v1\nkind: Config\n", "holds no cluster, user or context")]
fn a_file_that_cannot_be_used_is_named(#[case] text: &str, #[case] expected: &str) {
    let home = Home::new();
    let bad = home.file("bad", text);
    let good = home.file("good", &kubeconfig("good", CLUSTER, "{token: t}"));

    let found = read(&[&bad, &good]);

    let said = messages(&found);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with(&format!("{} {expected}", bad.display())), "{said:?}");
    assert_eq!(found.problems[0].file, bad);
    assert_eq!(found.contexts.len(), 1, "the other contexts stay usable");
}

#[test]
fn a_file_that_is_named_and_missing_or_a_folder_is_said() {
    let home = Home::new();
    let missing = home.path().join("missing");

    let found = read(&[&missing, home.path()]);

    assert_eq!(
        messages(&found),
        [
            format!("{} does not exist", missing.display()),
            format!("{} is a folder, not a kubeconfig", home.path().display()),
        ]
    );
}

#[test]
fn a_current_context_that_is_not_there_is_said() {
    let home = Home::new();
    let text = kubeconfig("here", CLUSTER, "{token: t}")
        .replace("current-context: here", "current-context: gone");
    let file = home.file("config", &text);

    let found = read(&[&file]);

    assert_eq!(found.current, None);
    assert_eq!(
        messages(&found),
        [format!(
            "{} says that the current context is `gone`, and there is no such context",
            file.display()
        )]
    );
    assert_eq!(found.contexts.len(), 1, "its contexts can still be chosen");
}

#[test]
fn a_file_that_sets_no_current_context_is_named() {
    let home = Home::new();
    let unset = |name| {
        kubeconfig(name, CLUSTER, "{token: t}").replace(&format!("current-context: {name}\n"), "")
    };
    let (first, second) = (home.file("first", &unset("one")), home.file("second", &unset("two")));
    let added = home.file("added", &unset("three"));
    let whole = home.file("whole", &kubeconfig("four", CLUSTER, "{token: t}"));
    let said = |file: &PathBuf| {
        format!(
            "{} sets no current context: its contexts can be opened all the same",
            file.display()
        )
    };

    let merged = read(&[&first, &second]);
    assert_eq!(messages(&merged), [said(&first)], "one of the merged files would be enough");
    assert_eq!(merged.contexts.len(), 2, "its contexts can still be chosen");
    assert_eq!(messages(&read(&[&first, &whole])), Vec::<String>::new());

    let alone = KubeconfigFiles { added: vec![added.clone()], ..super::listed(&[&whole]) };
    assert_eq!(messages(&contexts::read(&alone)), [said(&added)], "an added file is its own");
}

#[rstest]
#[case::no_cluster("{cluster: gone, user: u}", "its cluster `gone` is in no kubeconfig")]
#[case::no_user("{cluster: c, user: gone}", "its user `gone` is in no kubeconfig")]
#[case::names_none("{cluster: '', user: u}", "it names no cluster")]
#[case::no_server("{cluster: bare, user: u}", "its cluster `bare` has no server address")]
#[case::not_a_url(
    "{cluster: odd, user: u}",
    "the server address of its cluster `odd` is not a URL"
)]
#[case::auth_provider(
    "{cluster: c, user: gcp}",
    "its user `gcp` signs in with auth-provider `gcp`, which Kubernetes has removed: use a \
     credential program (exec) instead"
)]
#[case::terminal(
    "{cluster: c, user: asks}",
    "its user `asks` signs in with a program that needs a terminal (interactiveMode: Always)"
)]
#[case::nameless(
    "{cluster: c, user: nameless}",
    "its user `nameless` signs in with a program that is not named"
)]
fn a_context_that_cannot_be_opened_says_why(#[case] entry: &str, #[case] expected: &str) {
    let home = Home::new();
    let file = home.file(
        "config",
        &format!(
            "clusters:\n- {{name: c, cluster: {CLUSTER}}}\n- {{name: bare, cluster: {{}}}}\n\
             - {{name: odd, cluster: {{server: 'no url at all'}}}}\n\
             users:\n- {{name: u, user: {{token: t}}}}\n\
             - {{name: gcp, user: {{auth-provider: {{name: gcp}}}}}}\n\
             - {{name: asks, user: {{exec: {{command: x, interactiveMode: Always}}}}}}\n\
             - {{name: nameless, user: {{exec: {{args: [x]}}}}}}\n\
             contexts:\n- {{name: it, context: {entry}}}\n- {{name: fine, context: {{cluster: c, user: u}}}}\n"
        ),
    );

    let found = read(&[&file]);

    let problem = context(&found, "it").problem.as_ref().map(ToString::to_string);
    assert_eq!(problem.as_deref(), Some(expected));
    assert_eq!(context(&found, "fine").problem, None, "one defect does not spread");
}

#[test]
fn a_context_without_a_user_connects_without_credentials() {
    let home = Home::new();
    let text = format!(
        "clusters:\n- {{name: c, cluster: {CLUSTER}}}\ncontexts:\n- {{name: it, context: {{cluster: c}}}}\n"
    );
    let file = home.file("config", &text);

    assert_eq!(context(&read(&[&file]), "it").problem, None);
}

#[test]
fn the_first_file_to_name_something_wins() {
    let home = Home::new();
    let first = home.file(
        "first",
        "clusters:\n- {name: shared, cluster: {server: 'https://first'}}\n\
         contexts:\n- {name: a, context: {cluster: shared, user: second-user}}\n",
    );
    let second = home.file(
        "second",
        "current-context: b\n\
         clusters:\n- {name: shared, cluster: {server: 'https://second'}}\n\
         users:\n- {name: second-user, user: {token: t}}\n\
         contexts:\n- {name: a, context: {cluster: gone}}\n- {name: b, context: {cluster: shared}}\n",
    );

    let found = read(&[&first, &second]);

    assert_eq!(context(&found, "a").server, "https://first");
    assert_eq!(context(&found, "a").problem, None, "its user comes from the second file");
    assert_eq!(context(&found, "b").server, "https://first", "as kubectl merges");
    assert_eq!(found.current.as_deref(), Some("b"), "the first file names none");
    assert_eq!(
        messages(&found),
        [format!(
            "context `a` of {} is not used: {} names it first",
            second.display(),
            first.display()
        )]
    );
}

#[test]
fn an_added_file_stands_for_itself() {
    let home = Home::new();
    let listed = home.file("listed", &kubeconfig("admin", "{server: 'https://one'}", "{token: t}"));
    let added = home.file(
        "added",
        "current-context: two\nclusters:\n- {name: admin, cluster: {server: 'https://two'}}\n\
         users:\n- {name: admin, user: {token: other}}\n\
         contexts:\n- {name: two, context: {cluster: admin, user: admin}}\n",
    );
    let files = KubeconfigFiles {
        env: Some(listed.clone().into()),
        home: None,
        added: vec![added, listed],
    };

    let found = contexts::read(&files);

    assert_eq!(
        context(&found, "two").server,
        "https://two",
        "merged, it would send the credentials of one cluster to another"
    );
    assert_eq!(found.problems, [], "a file that is listed and added is read as one");
    assert_eq!(found.contexts.len(), 2);
}

#[test]
fn a_name_given_twice_in_one_file_is_said() {
    let home = Home::new();
    let file = home.file(
        "config",
        "current-context: a\nclusters:\n- {name: c, cluster: {server: 'https://one'}}\n\
         contexts:\n- {name: a, context: {cluster: c}}\n- {name: a, context: {cluster: gone}}\n",
    );

    let found = read(&[&file]);

    assert_eq!(found.contexts.len(), 1);
    assert_eq!(context(&found, "a").problem, None);
    let expected = format!("{} names context `a` twice: the first one counts", file.display());
    assert_eq!(messages(&found), [expected]);
}

#[test]
fn a_program_is_named_and_not_executed() {
    let home = Home::new();
    let trace = home.path().join("was-here");
    let user = format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: touch, \
         args: ['{}', 'two words'], env: [{{name: KEY, value: hunter2}}]}}}}",
        trace.display()
    );
    let file = home.file("config", &kubeconfig("it", CLUSTER, &user));

    let found = read(&[&file]);

    let expected = format!("touch {} 'two words'", trace.display());
    assert_eq!(context(&found, "it").executes.as_deref(), Some(expected.as_str()));
    assert!(!trace.exists(), "reading kubeconfigs executes nothing");
}

#[test]
fn a_program_beside_its_kubeconfig_is_named_by_its_place() {
    let home = Home::new();
    let file = home.file("config", &kubeconfig("it", CLUSTER, "{exec: {command: ./bin/login}}"));

    let found = read(&[&file]);

    let program = PathBuf::from(context(&found, "it").executes.as_deref().unwrap());
    assert_eq!(program, home.path().join("bin/login"));
}

#[test]
fn an_address_is_shown_without_credentials() {
    let home = Home::new();
    let cluster = "{server: 'https://someone:hunter2@10.0.0.1:6443/k8s'}";
    let file = home.file("config", &kubeconfig("it", cluster, "{}"));

    assert_eq!(context(&read(&[&file]), "it").server, "https://10.0.0.1:6443/k8s");
}
