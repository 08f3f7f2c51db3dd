//! A PostgreSQL server for tests: made in a folder of its own, reached over a socket there and nowhere else.
//!
//! Test processes that run at the same time share one server. Each holds a lock on the server's folder for as long as it lives;
//! a keeper in the background waits until nobody does, then stops the server and takes the folder away. So nothing is left
//! however the tests end, and no test needs to be the last.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Waits until nobody holds the lock, twice, so that the moment between two tests does not count; then ends everything.
const KEEPER: &str = r#"
while :; do
    exec 9<"$1/lock" || exit
    flock -x 9
    flock -u 9
    sleep 2
    flock -n -x 9 || continue
    "$2/pg_ctl" -D "$1/data" -m immediate stop
    mv "$1" "$1.$$" && rm -rf "$1.$$"
    exit
done
"#;

/// The server, held by this process.
struct Server {
    folder: PathBuf,
    programs: PathBuf,
    _lock: File,
}

/// The URL of a new, empty database.
pub(crate) fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut command = Command::new(server.programs.join("createdb"));
    run(command.args(["-U", "offhook", "-h"]).arg(&server.folder).arg(&name));
    format!("postgres://offhook@localhost/{name}?host={}", server.folder.display())
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let programs = programs();
        loop {
            if let Some(server) = join(&programs) {
                return server;
            }
        }
    })
}

/// Debian keeps the server's programs out of the path, one folder for each version.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    found.sort();
    found.reverse();
    found.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let found = found.into_iter().find(|folder| folder.join("initdb").exists());
    found.expect("these tests need PostgreSQL: Debian's package postgresql, which scripts/need test installs")
}

/// Takes part in the server that runs, or starts one. `None` when the keeper took the folder away meanwhile.
fn join(programs: &Path) -> Option<Server> {
    let mine = fs::metadata("/proc/self").expect("every process has a folder there").uid();
    let folder = std::env::temp_dir().join(format!("offhook-tests-{mine}"));
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join("lock")).ok()?;
    lock.lock_shared().expect("the lock can be waited for");
    // The keeper removes the folder under the lock: what was locked here may be gone.
    let same = |there: &fs::Metadata| lock.metadata().is_ok_and(|held| held.ino() == there.ino());
    fs::metadata(folder.join("lock")).ok().filter(same)?;
    let starting = File::create(folder.join("starting")).expect("the folder is ours");
    starting.lock().expect("the lock can be waited for");
    if !runs(&folder) {
        start(&folder, programs);
    }
    Some(Server { folder, programs: programs.to_owned(), _lock: lock })
}

/// The server is there and not only its folder, as after a crash of the machine.
fn runs(folder: &Path) -> bool {
    let Ok(pid) = fs::read_to_string(folder.join("data/postmaster.pid")) else { return false };
    let name = pid.lines().next().map(|pid| fs::read_to_string(format!("/proc/{}/comm", pid.trim())));
    pid.contains("ready") && matches!(name, Some(Ok(name)) if name.trim() == "postgres")
}

fn start(folder: &Path, programs: &Path) {
    let data = folder.join("data");
    // What a start that was broken off left behind.
    let _ = fs::remove_dir_all(&data);
    fs::create_dir(&data).expect("the folder is ours");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let owner = owner();
    for place in [folder, &data] {
        if let Some((user, group)) = owner {
            chown(place, Some(user), Some(group)).expect("root may give a folder away");
        }
    }
    // The server speaks a language that sorts otherwise than bytes do: the order of lists must not depend on it.
    run(as_owner(programs.join("initdb"), owner)
        .args(["--username=offhook", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"])
        .args(["--locale-provider=icu", "--icu-locale=de-DE", "--pgdata"])
        .arg(&data));
    let settings = format!(
        "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c synchronous_commit=off \
         -c full_page_writes=off -c max_connections=400 -c shared_buffers=128MB",
        folder.display()
    );
    run(as_owner(programs.join("pg_ctl"), owner)
        .arg("start")
        .arg("-D")
        .arg(&data)
        .arg("-l")
        .arg(data.join("log"))
        .args(["-w", "-o", &settings]));
    // In a session of its own, so that whatever ends the tests does not end it.
    let start = r#"setsid sh -c "$0" keeper "$1" "$2" </dev/null >/dev/null 2>&1 &"#;
    run(as_owner(PathBuf::from("sh"), owner).args(["-c", start, KEEPER]).arg(folder).arg(programs));
}

/// PostgreSQL refuses to run as root: then somebody else does.
fn owner() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").is_ok_and(|me| me.uid() != 0) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let numbers = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(numbers("postgres").or_else(|| numbers("nobody")).expect("every system has a user that is nobody"))
}

fn as_owner(program: PathBuf, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn run(command: &mut Command) {
    // The server inherits these and outlives the command: a file can be waited past, a pipe cannot.
    let said = tempfile();
    let own = || Stdio::from(said.try_clone().expect("a file can be shared"));
    let status = command.stdin(Stdio::null()).stdout(own()).stderr(own()).status();
    let good = status.as_ref().is_ok_and(|status| status.success());
    assert!(good, "{command:?}: {status:?}\n{}", read_again(said));
}

fn tempfile() -> File {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("offhook-said-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
    let _ = fs::remove_file(path);
    file.expect("the folder for temporary files is writable")
}

fn read_again(mut file: File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    text
}
