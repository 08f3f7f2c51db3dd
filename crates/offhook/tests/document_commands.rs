//! `offhook document`, run as people and programs run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

mod machine;

use machine::{Machine, snapshot};

const DIAL: &str = "\
kind = \"dial-template\"

[[content]]
pattern = \"112\"
wait = 0

[[content]]
pattern = \"0,*\"
wait = 3
rewrite = \"+49%1\"
tone = \"Bellcore-Outside\"

[[content]]
pattern = \"...\"
wait = 1
";

fn with_dial_plan() -> Machine {
    let machine = Machine::empty();
    machine.put("dial.toml", DIAL);
    machine.ok("document add Dial-Berlin.xml dial.toml");
    machine
}

#[test]
fn documents_come_change_and_go() {
    let machine = with_dial_plan();
    let shown = machine.json("document show dial-berlin.xml");
    assert_eq!((&shown["name"], &shown["kind"]), (&json!("Dial-Berlin.xml"), &json!("dial-template")));
    assert_eq!(shown["content"][1]["rewrite"], "+49%1");
    assert!(
        machine
            .fails(1, "document add DIAL-berlin.xml dial.toml")
            .contains("is a document Dial-Berlin.xml already")
    );
    machine.put("dial.xml", "<dialTemplate><TEMPLATE match='*' timeout='5'/></dialTemplate>");
    machine.ok("document set Dial-Berlin.xml dial.xml");
    assert!(machine.ok("document render Dial-Berlin.xml").contains("<TEMPLATE match=\"*\" timeout=\"5\"/>"));
    machine.ok("profile add office");
    machine.ok("profile set office dial_template=Dial-Berlin.xml");
    let listed = machine.json("document list");
    assert_eq!(listed["documents"][0]["named_by"], json!(["profile office"]));
    assert!(machine.fails(1, "document remove Dial-Berlin.xml").contains("named by profile office; --force"));
    for number in 1..=5 {
        machine.ok(&format!("phone add 00112233440{number} --model 8845"));
        machine.ok(&format!("phone set 00112233440{number} dial_template=dial-berlin.xml"));
    }
    let refused = machine.fails(1, "document remove Dial-Berlin.xml");
    assert!(
        refused.contains("profile office, SEP001122334401, SEP001122334402, SEP001122334403, 2 more phones;"),
        "{refused}"
    );
    machine.ok("document remove Dial-Berlin.xml --force");
    assert_eq!(machine.json("document list")["documents"], json!([]));
    assert!(machine.ok("document list").contains("no documents yet"));
}

#[test]
fn what_offhook_makes_is_a_start_for_ones_own() {
    let machine = Machine::empty();
    let made = machine.json("document list --made");
    assert!(made["documents"].as_array().unwrap().len() >= 10);
    machine.put("own.toml", machine.ok("document show SoftKeys.xml --toml"));
    machine.ok("document add SoftKeys-reception.xml own.toml");
    machine.ok("document add SoftKeys.xml --like SoftKeys-reception.xml");
    let stamp = |name: &str| machine.ok(&format!("document render {name}"));
    assert_eq!(stamp("SoftKeys-reception.xml"), stamp("SoftKeys.xml"));
    assert!(
        machine
            .ok("document show SoftKeys.xml")
            .starts_with("SoftKeys.xml: soft keys, inventory\n\nCALL STATE")
    );
    machine.ok("document remove SoftKeys.xml");
    assert!(machine.fails(1, "document remove SoftKeys.xml").contains("goes on doing so"));
    assert!(
        machine
            .fails(1, "document set AppDialRules.xml own.toml")
            .contains("`offhook document add AppDialRules.xml")
    );
}

#[test]
fn what_phones_cannot_use_is_refused_with_what_would_be_right() {
    let machine = with_dial_plan();
    for (name, text, problem) in [
        (
            "Keys.xml",
            "kind = \"soft-keys\"\n[content]\n\"On Hook\" = [\"Redial\"]\n",
            "On Hook must have NewCall",
        ),
        ("Keys.xml", "kind = \"soft-keys\"\n[content]\n\"On Hock\" = [\"NewCall\"]\n", "Write On Hook"),
        ("Keys.xml", "{\"kind\": \"soft-kays\"}", "unknown variant `soft-kays`"),
        ("Rings.xml", "kind = \"rings\"\ncontent = []\n", "only by the name Ringlist.xml"),
        ("Dial.xml", "<device/>", "begins with <device>"),
        ("Dial.txt", DIAL, "ends in .xml"),
        ("Dial.xml", "[[rule]]\n", "it says no kind"),
    ] {
        machine.put("bad", text);
        let told = machine.fails(2, &format!("document add {name} bad"));
        assert!(told.contains(problem), "{problem}: {told}");
    }
    machine.put("keys.toml", "kind = \"soft-keys\"\n[content]\n\"On Hook\" = [\"NewCall\"]\n");
    assert!(machine.fails(2, "document set Dial-Berlin.xml keys.toml").contains("is dial-template"));
    assert!(machine.fails(1, "document show Dial-Berlinn.xml").contains("perhaps Dial-Berlin.xml"));
    assert!(machine.fails(1, "document add X.xml nowhere.toml").contains("cannot read nowhere.toml"));
}

#[test]
fn digits_are_tried_before_phones_do() {
    let machine = with_dial_plan();
    let dialled = machine.json("document test-dial Dial-Berlin.xml 112 02115 211")["dialled"].clone();
    let told: Vec<_> = dialled
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["rule"], &one["seconds"], &one["dials"]))
        .collect();
    let expected = [
        (json!(1), json!(0), json!("112")),
        (json!(2), json!(3), json!("+492115")),
        (json!(3), json!(1), json!("211")),
    ];
    assert_eq!(
        told,
        expected.iter().map(|(rule, seconds, dials)| (rule, seconds, dials)).collect::<Vec<_>>()
    );
    let text = machine.fails(1, "document test-dial Dial-Berlin.xml 21");
    assert!(text.is_empty() || text.contains("unfinished"), "{text}");
    assert!(machine.fails(2, "document test-dial SoftKeys.xml 1").contains("is no dial template: soft keys"));
    snapshot!(
        "digits_are_tried_before_phones_do",
        machine.ok("document test-dial Dial-Berlin.xml 112 02115 211")
    );
}

#[test]
fn single_states_and_features_are_changed_in_place() {
    let machine = Machine::empty();
    machine.ok("document add Keys.xml --like SoftKeys.xml");
    machine.exactly(&[
        "document",
        "set",
        "Keys.xml",
        "--keys",
        "on hook=newcall,Redial",
        "--keys",
        "Ring In=",
    ]);
    let content = machine.json("document show Keys.xml")["content"].clone();
    assert_eq!((&content["On Hook"], content.get("Ring In")), (&json!(["NewCall", "Redial"]), None));
    machine.ok("document add Policy.xml --like FeaturePolicy.xml");
    machine.exactly(&["document", "set", "Policy.xml", "--feature", "barge=on", "--feature", "1=off"]);
    let content = machine.json("document show Policy.xml")["content"].clone();
    assert_eq!((&content["8"], &content["1"], &content["2"]), (&json!(true), &json!(false), &json!(true)));
    for (words, problem) in [
        (["set", "Keys.xml", "--keys", "On Hock=NewCall"], "there are On Hook, Off Hook"),
        (["set", "Keys.xml", "--keys", "On Hook=Redial"], "must have NewCall"),
        (["set", "Keys.xml", "--keys", "On Hook"], "changes nothing"),
        (["set", "Keys.xml", "--feature", "8=on"], "is soft keys; --feature is for another kind"),
        (["set", "Policy.xml", "--feature", "Barg=on"], "perhaps Barge"),
        (["set", "Policy.xml", "--feature", "8=yes"], "on or off"),
    ] {
        let ran = machine.given(&[&["document"][..], &words].concat(), "");
        assert!(ran.code == 2 && ran.err.contains(problem), "{words:?}: {}", ran.err);
    }
}

/// The page shows documents as people write them, so it must be right.
#[test]
fn the_documents_of_the_page_are_taken() {
    let machine = Machine::empty();
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/documents.md")).unwrap();
    let mut taken = Vec::new();
    for text in page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let kind = text.split('"').nth(1).unwrap().to_owned();
        let name = match kind.as_str() {
            "dial-rules" => "AppDialRules.xml",
            "rings" => "Ringlist-wb.xml",
            "backgrounds" => "Desktops/800x480x24/List.xml",
            _ => "Own.xml",
        };
        let name = if name == "Own.xml" { format!("{kind}.xml") } else { name.to_owned() };
        machine.put("own.toml", text);
        machine.ok(&format!("document add {name} own.toml"));
        taken.push(kind);
    }
    assert_eq!(
        taken,
        ["soft-keys", "dial-template", "dial-rules", "feature-policy", "rings", "backgrounds"],
        "all kinds are on the page"
    );
    let dialled = machine.json("document test-dial dial-template.xml 112 0211555 301 --line 2");
    let rules: Vec<_> =
        dialled["dialled"].as_array().unwrap().iter().map(|one| one["rule"].clone()).collect();
    assert_eq!(rules, [json!(1), json!(2), json!(3)]);
}
