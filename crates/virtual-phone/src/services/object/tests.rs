//! Objects as phones take them, and one refusal for each mistake.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::models::find;

fn read(model: &str, body: &str) -> Result<Page, Refusal> {
    let document = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    Page::read(document.as_bytes(), "text/xml; charset=UTF-8", find(model).unwrap(), &["utf-8", "iso-8859-1"])
}

const ITEM: &str = "<MenuItem><Name>A</Name><URL>http://x/</URL></MenuItem>";

#[test]
fn objects_are_read() {
    let page = read("8845", &format!("<CiscoIPPhoneMenu appId='a'><Title>T</Title><Prompt>P</Prompt>{ITEM}<SoftKeyItem><Name>Exit</Name><URL>SoftKey:Exit</URL><Position>3</Position></SoftKeyItem><SoftKeyItem><Name>Select</Name><URL>SoftKey:Select</URL><Position>1</Position></SoftKeyItem></CiscoIPPhoneMenu>")).unwrap();
    assert_eq!((page.title.as_str(), page.prompt.as_str(), page.keys[0].name.as_str()), ("T", "P", "Select"));
    let Content::Menu(items) = page.content else { panic!() };
    assert_eq!((items[0].name.as_str(), items[0].url.as_str()), ("A", "http://x/"));
    let drawn = read("7942", "<CiscoIPPhoneImage><LocationX>-1</LocationX><LocationY>-1</LocationY><Width>4</Width><Height>1</Height><Depth>2</Depth><Data>2D</Data></CiscoIPPhoneImage>").unwrap();
    let Content::Picture { source, .. } = drawn.content else { panic!() };
    assert_eq!(source, Source::Drawn { width: 4, levels: vec![1, 3, 2, 0] });
    let form = read("8845", "<CiscoIPPhoneInput><URL method='post'>http://x/</URL><InputItem><DisplayName>PIN</DisplayName><QueryStringParam>p</QueryStringParam><DefaultValue></DefaultValue><InputFlags>NP</InputFlags></InputItem></CiscoIPPhoneInput>").unwrap();
    let Content::Form { post: true, fields, .. } = form.content else { panic!() };
    assert!(fields[0].hidden && fields[0].entry == 'N');
    let plain = Page::read(b"hello", "text/plain", find("8845").unwrap(), &[]).unwrap();
    assert_eq!(plain.content, Content::Text("hello".to_owned()));
}

#[test]
fn each_mistake_has_its_refusal() {
    let many = |count: usize| format!("<CiscoIPPhoneMenu>{}</CiscoIPPhoneMenu>", ITEM.repeat(count));
    let menu = |inner: &str| format!("<CiscoIPPhoneMenu>{inner}</CiscoIPPhoneMenu>");
    let directory = "<DirectoryEntry><Name>A</Name><Telephone>1</Telephone></DirectoryEntry>";
    for (body, why) in [
        (menu("<Titel>x</Titel>"), "Titel"),
        (menu("<title>x</title>"), "title"),
        (menu(&format!("<Prompt>x</Prompt><Title>x</Title>{ITEM}")), "Title where"),
        (menu(&format!("{ITEM}<Title>x</Title>")), "Title where"),
        (menu("<MenuItem><URL>http://x/</URL><Name>A</Name></MenuItem>"), "URL where Name"),
        (menu("<MenuItem><Name>A</Name><URL>/services</URL></MenuItem>"), "relative"),
        (menu("<MenuItem><Name>A</Name><URL>Jump:1</URL></MenuItem>"), "Jump"),
        (
            menu(&format!("<MenuItem><Name>{}</Name><URL>Dial:1</URL></MenuItem>", "x".repeat(65))),
            "65 characters",
        ),
        (menu("<MenuItem><Name>a\nb\nc\nd</Name><URL>Dial:1</URL></MenuItem>"), "line breaks"),
        (
            menu(&format!("<MenuItem><Name>A</Name><URL>http://x/{}</URL></MenuItem>", "x".repeat(260))),
            "URL has",
        ),
        (menu("text"), "text directly"),
        (
            menu("<SoftKeyItem><Name>A</Name><URL>Dial:1</URL><Position>17</Position></SoftKeyItem>"),
            "position 17",
        ),
        (
            menu(
                "<SoftKeyItem><Name>A</Name><URL>Dial:1</URL><Position>1</Position></SoftKeyItem><SoftKeyItem><Name>A</Name><URL>Dial:1</URL><Position>1</Position></SoftKeyItem>",
            ),
            "taken",
        ),
        (many(101), "more than 100"),
        (format!("<CiscoIPPhoneDirectory>{}</CiscoIPPhoneDirectory>", directory.repeat(33)), "more than 32"),
        (format!("<CiscoIPPhoneText><Text>{}</Text></CiscoIPPhoneText>", "x".repeat(4001)), "4001"),
        ("<CiscoIPPhoneMenu color='red'/>".to_owned(), "color"),
        ("<CiscoIPPhoneExecute/>".to_owned(), "one to three"),
        ("<CiscoIPPhoneInput><URL>Dial:1</URL></CiscoIPPhoneInput>".to_owned(), "goes to Dial:1"),
    ] {
        let refusal = read("8845", &body).unwrap_err();
        assert!(refusal.shown == PARSE && refusal.why.contains(why), "{body}: {refusal}");
    }
    assert!(read("8845", &many(100)).is_ok());
    let post = "<CiscoIPPhoneInput><URL method='post'>http://x/</URL></CiscoIPPhoneInput>";
    assert!(read("7942", post).unwrap_err().why.contains("post"));
    let image = "<CiscoIPPhoneImageFile><LocationX>0</LocationX><LocationY>0</LocationY><URL>http://x/</URL></CiscoIPPhoneImageFile>";
    assert!(read("7942", image).is_ok());
    for model in ["7821", "7911", "8831", "6921", "6901"] {
        assert_eq!(read(model, image).unwrap_err().shown, UNSUPPORTED, "{model}");
    }
    assert_eq!(read("8845", "<html/>").unwrap_err().shown, UNSUPPORTED);
}

#[test]
fn encodings_must_be_ones_the_phone_listed() {
    let model = find("7942").unwrap();
    let page = |body: &[u8], kind: &str, accepts: &[&str]| Page::read(body, kind, model, accepts);
    let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><CiscoIPPhoneText><Text>\xfc</Text></CiscoIPPhoneText>";
    let shown = page(latin, "text/xml; charset=ISO-8859-1", &["iso-8859-1"]).unwrap();
    assert_eq!(shown.content, Content::Text("ü".to_owned()));
    assert!(page(latin, "text/xml; charset=utf-8", &["iso-8859-1"]).unwrap_err().why.contains("header"));
    let utf8 =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CiscoIPPhoneText><Text>ü</Text></CiscoIPPhoneText>";
    assert!(page(utf8.as_bytes(), "text/xml", &["iso-8859-1"]).unwrap_err().why.contains("accepts"));
    assert!(page(b"", "text/xml", &["utf-8"]).unwrap_err().why.contains("empty"));
    assert!(page(b"<a/>", "", &["utf-8"]).unwrap_err().why.contains("Content-Type"));
    assert!(page(b"<a/>", "image/png", &["utf-8"]).unwrap_err().why.contains("image/png"));
}
