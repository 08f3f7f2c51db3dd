//! Passwords: who is shown them, and where they may come from.

use super::furnished;
use super::machine::Machine;

#[test]
fn passwords_are_shown_to_those_who_ask_for_them() {
    let machine = furnished(Machine::empty());
    machine.ok("phone set SEP001122334455 phone_password=s3cret");
    machine.ok("phone override SEP001122334455 sshPassword=s3cret");
    machine.ok("profile set reception phone_password=s3cret");
    machine.ok("phone add SEP001122334456 --model 8845 --line 1009:s3cret");
    for words in [
        "phone show SEP001122334455",
        "phone show SEP001122334455 --all",
        "phone list s3cret",
        "phone render SEP001122334455",
        "phone render SEP001122334455 --explain",
        "phone override SEP001122334455",
        "phone set SEP001122334455 notes=x",
        "line show 1001",
        "line list",
        "line set 1001 label=Ann",
        "profile show reception",
        "profile list",
        "profile set reception description=x",
        "profile override reception",
        "key list SEP001122334455",
        "key set SEP001122334455 5 line 1001 auth_password=s3cret",
    ] {
        for json in ["", " --json"] {
            let ran = machine.offhook(&format!("{words}{json}"));
            assert!(
                ran.code == 0 && !format!("{}{}", ran.out, ran.err).contains("s3cret"),
                "{words}{json}: {}{}",
                ran.out,
                ran.err
            );
        }
    }
    let differing = machine.offhook("phone diff SEP001122334455 SEP001122334456");
    assert!(differing.code == 1 && !differing.out.contains("s3cret"), "{}", differing.out);
    for words in [
        "phone show SEP001122334455",
        "phone render SEP001122334455",
        "phone render SEP001122334455 --explain",
        "line show 1001",
        "profile show reception",
    ] {
        assert!(machine.ok(&format!("{words} --secrets")).contains("s3cret"), "{words}");
        assert!(machine.ok(&format!("{words} --secrets --json")).contains("s3cret"), "{words}");
    }
}

#[test]
fn passwords_come_from_files_from_input_and_from_a_terminal() {
    let machine = Machine::empty();
    machine.put("password", "from a file\n");
    machine.ok("phone add SEP001122334455 --model 8845 --line 1001:@password");
    let ran = machine
        .given(&["phone", "add", "SEP001122334456", "--model", "8845", "--line", "1002:@-"], "from input\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = machine.on_terminal("phone add SEP001122334457 --model 8845 --line 1003:@-", "from fingers\n");
    assert!(ran.code == 0 && ran.out.contains("line 1003 auth_password: "), "{}", ran.out);
    let ran = machine.given(&["line", "add", "1004", "--password", "@-"], "");
    assert!(ran.code == 1 && ran.err.contains("there is no password on standard input"), "{}", ran.err);
    for (line, password) in [("1001", "from a file"), ("1002", "from input"), ("1003", "from fingers")] {
        assert_eq!(
            machine.json(&format!("line show {line} --secrets"))["settings"]["auth_password"],
            password
        );
    }
}
