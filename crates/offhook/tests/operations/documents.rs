//! Soft keys and dial plans.

use provision::inventory::Content;

use crate::desk::Desk;

#[tokio::test]
async fn soft_keys_are_made_and_edited() {
    let desk = Desk::new().await;
    let list = desk.look(0, "/softkeys").await;
    assert!(list.contains("SoftKeys.xml") && list.contains("made by offhook"), "{list}");
    let made = desk
        .fill(1, "/softkeys", "/softkeys", &[("name", "SoftKeys-hall.xml"), ("from", "SoftKeys.xml")])
        .await;
    assert_eq!(made.status, 303, "{}", made.text);
    let page = "/softkeys/SoftKeys-hall.xml";
    assert!(desk.look(0, page).await.contains("On Hook"));
    let kept = desk.fill(1, page, page, &[("state.On Hook", "redial newcall")]).await;
    assert_eq!(kept.status, 303, "{}", kept.text);
    let document = desk.store.document("SoftKeys-hall.xml").await.unwrap().unwrap();
    let Content::SoftKeys(sets) = document.content else { panic!("soft keys") };
    assert_eq!(sets.len(), 1);
    assert_eq!(sets["On Hook"], ["Redial", "NewCall"]);
    let wrong = desk.fill(1, page, page, &[("state.On Hook", "Redial Dance")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("Dance"), "{}", wrong.text);
    assert_eq!(desk.fill(0, "/softkeys", page, &[]).await.status, 403);
    assert!(desk.fill(1, page, "/softkeys/SoftKeys-hall.xml/remove", &[]).await.leads_to("/softkeys"));
    assert!(desk.store.document("SoftKeys-hall.xml").await.unwrap().is_none());
}

/// Rows of the form, one column after the other, as a browser sends them row by row.
fn rows<'a>(rules: &[(&'a str, &'a str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let row = |(pattern, wait, rewrite): &(&'a str, &'a str, &'a str)| {
        [
            ("pattern", *pattern),
            ("wait", *wait),
            ("rewrite", *rewrite),
            ("line", ""),
            ("tone", ""),
            ("user", ""),
            ("route", ""),
        ]
    };
    rules.iter().flat_map(row).collect()
}

#[tokio::test]
async fn digits_are_tried_before_anything_is_kept() {
    let desk = Desk::new().await;
    let page = "/dial/DialTemplate.xml";
    let mut form = rows(&[("1...", "0", ""), ("0*", "2", ""), ("*", "5", "")]);
    form.extend([("digits", "0211123"), ("on", "")]);
    for role in [0, 1] {
        let tried = desk.fill(role, "/dial", "/dial/DialTemplate.xml/try", &form).await;
        assert_eq!(tried.status, 200, "{}", tried.text);
        assert!(
            tried.text.contains("0211123 matches rule 2 (0*); the phone waits 2 seconds"),
            "{}",
            tried.text
        );
    }
    assert!(desk.store.documents().await.unwrap().is_empty(), "nothing was kept");
    let kept = desk
        .fill(1, page, page, &rows(&[("1...", "0", ""), ("9.......", "3", "00......."), ("", "", "")]))
        .await;
    assert_eq!(kept.status, 303, "{}", kept.text);
    let document = desk.store.document("DialTemplate.xml").await.unwrap().unwrap();
    let Content::DialTemplate(rules) = document.content else { panic!("a dial template") };
    assert_eq!((rules.len(), rules[1].rewrite.as_deref()), (2, Some("00.......")));
    let wrong = desk.fill(1, page, page, &rows(&[("1...", "soon", "")])).await;
    assert!(
        wrong.status == 422 && wrong.text.contains("Rule 1") && wrong.text.contains("value=\"soon\""),
        "{}",
        wrong.text
    );
    assert_eq!(desk.get(0, "/dial/SoftKeys.xml").await.status, 404);
}
