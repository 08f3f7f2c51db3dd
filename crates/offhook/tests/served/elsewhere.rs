//! A server that is named, with a token.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::machine::serving::{Serving, listen};
use crate::machine::{Machine, Ran};

/// A server with a phone, and a machine elsewhere, where the commands are typed.
struct Pair {
    there: Machine,
    serving: Serving,
    here: Machine,
}

impl Pair {
    fn new() -> Self {
        let there = Machine::empty().alone();
        there.put("offhook.toml", listen(&["provisioning", "admin"]));
        let serving = Serving::on(&there);
        there.ok("phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann");
        Self { there, serving, here: Machine::empty().alone() }
    }

    fn token(&self, scope: &str) -> String {
        let token = self.there.ok(&format!("token add {scope} --scope {scope}"));
        token.lines().next().unwrap().to_owned()
    }

    fn url(&self) -> String {
        format!("http://{}", self.serving.address("admin"))
    }

    /// Types it elsewhere, with that token.
    fn types(&self, token: &str, words: &str) -> Ran {
        self.here.put("token", token);
        self.here.offhook(&format!("--server {} --token-file token {words}", self.url()))
    }
}

#[test]
fn what_is_typed_elsewhere_is_done_there_by_whoever_may() {
    let pair = Pair::new();
    let [read, operate, administer] = ["read", "operate", "administer"].map(|scope| pair.token(scope));
    for (words, least) in [
        ("phone list --json", 0),
        ("phone why SEP001122334455", 0),
        ("plan", 0),
        ("line set 1001 label=Ben", 1),
        ("profile add reception", 1),
        ("token list", 2),
        ("user list", 2),
        ("trust enable --yes", 2),
        ("lsc list", 0),
    ] {
        for (scope, token) in [&read, &operate, &administer].into_iter().enumerate() {
            let ran = pair.types(token, words);
            let is_refused = ran.err.contains("this command is for ");
            assert_eq!(is_refused, scope < least, "{words} {scope}: {}{}", ran.out, ran.err);
            if is_refused {
                assert!(ran.code == 1 && ran.out.is_empty() && ran.err.contains(&pair.url()), "{}", ran.err);
            }
        }
    }
    assert_eq!(pair.there.json("line show 1001")["settings"]["label"], "Ben");
    // Nothing was made where it was typed.
    assert!(!pair.here.path("data").exists());
}

#[test]
fn files_are_those_of_whoever_types() {
    let pair = Pair::new();
    let token = pair.token("operate");
    pair.here.put("more.csv", "mac,model\nSEP001122334466,8845\n");
    let ran = pair.types(&token, "phone import more.csv");
    assert!(ran.code == 0 && ran.out.starts_with("more.csv: 1 phone, 1 added"), "{}{}", ran.out, ran.err);
    let ran = pair.types(&token, "phone import nowhere.csv");
    assert!(ran.code == 2 && ran.err.contains("nowhere.csv cannot be read: No such file"), "{}", ran.err);
    // There is such a file there, and it is nobody's business.
    let ran = pair.types(&token, "phone import offhook.db");
    assert!(ran.code == 2 && ran.err.contains("cannot be read"), "{}", ran.err);
    let ran = pair.types(&token, "phone export --output phones.csv");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let table = String::from_utf8(pair.here.get("phones.csv")).unwrap();
    assert!(table.contains("SEP001122334466") && !table.contains("s3cret"), "{table}");
    assert!(!pair.there.path("phones.csv").exists());
}

#[test]
fn passwords_stay_on_the_server_s_machine() {
    let pair = Pair::new();
    let token = pair.token("administer");
    for words in
        ["phone show SEP001122334455 --secrets", "line show 1001 --secrets", "phone export --secrets"]
    {
        let ran = pair.types(&token, words);
        assert!(ran.code == 1 && ran.err.contains("own machine only"), "{words}: {}", ran.err);
        assert!(!(ran.out + &ran.err).contains("s3cret"));
        assert!(pair.there.ok(words).contains("s3cret"), "{words}");
    }
}

#[test]
fn what_is_wrong_between_the_two_is_said() {
    let pair = Pair::new();
    let token = pair.token("operate");
    let wrong = format!("offhook_{}", "0".repeat(64));
    for (token, why) in [(wrong.as_str(), "nobody has this token"), ("x", "nobody has this token")] {
        let ran = pair.types(token, "phone list");
        assert!(ran.code == 1 && ran.err.contains(why), "{}{}", ran.out, ran.err);
    }
    for (words, code, why) in [
        ("--server https://pbx phone list", 2, "no server"),
        (
            "--server http://127.0.0.1:1 --token-file token phone list",
            1,
            "cannot ask the server at http://127.0.0.1:1",
        ),
        ("--server http://127.0.0.1:1 phone list", 2, "there is no token"),
        ("--server http://127.0.0.1:1 --token-file nowhere phone list", 1, "cannot read nowhere"),
        ("--server http://127.0.0.1:1 --direct phone list", 2, "cannot be used with"),
        ("--server http://127.0.0.1:1 serve", 2, "runs where it is typed"),
        ("--server http://127.0.0.1:1 db show", 2, "runs where it is typed"),
    ] {
        pair.here.put("token", &token);
        let ran = pair.here.offhook(words);
        assert!(ran.code == code && ran.err.contains(why), "{words}: {} {}", ran.code, ran.err);
    }
    let ran = pair.types(&token, "phone show SEP001122334499");
    assert!(ran.code == 1 && ran.err.starts_with("error: there is no phone SEP001122334499"), "{}", ran.err);
}
