//! Mistakes, and what is said about them.

use crate::{read, refusal};

/// Every mistake is told at once, each with its place and its remedy.
#[test]
fn mistakes_are_told_with_place_and_remedy() {
    let text = r#"data-dir = "x"
[lisen]
tftp = ""
[listen]
provisoning = "[::]:6970"
admin = "8970"
[provisioning]
legacy_tls = "yes"
[limits]
connections = 0
stall = "soon"
[log]
filter = "loud=very"
[colours]
"#;
    let error = read(text, &[("OFFHOOK__LIMITS__CONECTIONS", "9"), ("OFFHOOK__TRUST__DIGEST", "md5")]);
    insta::assert_snapshot!(error.unwrap_err(), @r#"
    the configuration cannot be used
      offhook.toml:1: unknown setting data-dir; did you mean data_dir?
      offhook.toml:2: unknown section [lisen]; did you mean [listen]?
      offhook.toml:5: unknown setting listen.provisoning; did you mean listen.provisioning?
      offhook.toml:6: listen.admin = "8970" will not do: it takes an address with a port, such as "[::]:6970" or "192.0.2.1:6970", a list of them, or "" for none
      offhook.toml:8: provisioning.legacy_tls = "yes" will not do: it takes true or false
      offhook.toml:10: limits.connections = 0 will not do: it takes a whole number from 1 to 1000000
      offhook.toml:11: limits.stall = "soon" will not do: it takes a time from 100ms to one day, such as "500ms", "10s" or "2m"
      offhook.toml:13: log.filter = "loud=very" will not do: it takes a level (error, warn, info, debug, trace, off) or a list such as "warn,offhook::request=info"
      offhook.toml:14: unknown section [colours]; docs/configuration.md lists all
      environment: OFFHOOK__LIMITS__CONECTIONS: unknown setting limits.conections; did you mean OFFHOOK__LIMITS__CONNECTIONS?
      environment: OFFHOOK__TRUST__DIGEST: trust.digest = "md5" will not do: it takes "sha1" or "sha512"
    "#);
}

#[test]
fn broken_toml_is_told_with_its_line() {
    insta::assert_snapshot!(refusal("data_dir = \"x\"\n[listen\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: unclosed table, expected `]`
    "#);
    insta::assert_snapshot!(refusal("data_dir = \"x\"\ndata_dir = \"y\"\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: duplicate key
    "#);
    insta::assert_snapshot!(refusal("listen = 5\n"), @r#"
    the configuration cannot be used
      offhook.toml:1: listen is a section: write [listen] and its settings below it
    "#);
}

#[test]
fn two_listeners_cannot_share_an_address() {
    insta::assert_snapshot!(refusal("[listen]\nadmin = \"[::]:6970\"\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: listen.provisioning and listen.admin both want [::]:6970; give them one each
      offhook.toml:2: listen.admin = [::]:6970 is an address that others reach, and passwords would go over it in the clear: set admin.tls = true; or listen on 127.0.0.1 behind a proxy; or set admin.insecure = true if you mean it
    "#);
    // Different protocols can, and so can ports the system chooses.
    read("[listen]\ntftp = \"[::]:6970\"", &[]).unwrap();
    read("[listen]\nprovisioning = \"[::]:0\"\nsecure_provisioning = \"[::]:0\"", &[]).unwrap();
}

#[test]
fn register_needs_numbers() {
    insta::assert_snapshot!(refusal("[provisioning]\nonboarding = \"register\"\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: provisioning.onboarding = "register" needs numbers to give out: set onboarding.range, such as "2000-2999"
    "#);
    let taken =
        read("provisioning.onboarding = \"register\"\n[onboarding]\nrange = \"0200-0299\"", &[]).unwrap();
    assert_eq!(taken.resolved.newcomers.range.unwrap().to_string(), "0200-0299");
    assert!(refusal("database = \"mysql://me:s3cret@db/x\"").contains("database = … will not do"));
}
