//! The programs people use today, from Debian's packages, each with a configuration of `bench/peers/`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use super::{Server, accepts, answers_tftp, free_port};
use crate::cpu::Cores;

const NGINX: &str = include_str!("../../peers/nginx.conf");
const NGINX_TLS: &str = include_str!("../../peers/nginx-tls.conf");
const APACHE: &str = include_str!("../../peers/apache.conf");
const APACHE_WSGI: &str = include_str!("../../peers/apache-wsgi.conf");
const ANSWERS: &str = include_str!("../../peers/answers.wsgi");
const DNSMASQ: &str = include_str!("../../peers/dnsmasq.conf");

/// What nginx does beyond serving files over HTTP.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nginx {
    /// Keep open files for a minute: faster, but a changed file is seen late.
    pub(crate) file_cache: bool,
    /// Certificate and key for HTTPS.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

impl Nginx {
    pub(crate) fn start(&self, dir: &Path, root: &Path, cores: Cores) -> Result<Server> {
        fs::create_dir_all(dir)?;
        let (http, https) = (free_port()?, free_port()?);
        let cache = "open_file_cache max=8192 inactive=60s; open_file_cache_valid 60s;";
        let tls = self.identity.as_ref().map(|(certificate, key)| {
            let port = https.port().to_string();
            let values =
                [("@HTTPS_PORT@", port.as_str()), ("@CERTIFICATE@", path(certificate)), ("@KEY@", path(key))];
            fill(NGINX_TLS, &values)
        });
        let port = http.port().to_string();
        let text = fill(
            NGINX,
            &[
                ("@TLS_SERVER@", tls.as_deref().unwrap_or_default()),
                ("@FILE_CACHE@", if self.file_cache { cache } else { "" }),
                ("@USER@", if Uid::effective().is_root() { "user root;" } else { "" }),
                ("@HTTP_PORT@", &port),
                ("@ROOT@", path(root)),
                ("@DIR@", path(dir)),
            ],
        );
        let config = dir.join("nginx.conf");
        fs::write(&config, text)?;
        let mut command = Command::new(find("nginx")?);
        command.arg("-p").arg(dir).arg("-e").arg(dir.join("nginx-error.log")).arg("-c").arg(&config);
        let name = if self.file_cache { "nginx with open_file_cache" } else { "nginx" };
        Server::start(name, &mut command, &dir.join("nginx.log"), cores, &mut |server| {
            server.http = Some(http);
            server.https = self.identity.as_ref().map(|_| https);
            Ok(accepts(http))
        })
    }
}

/// Apache with the event MPM.
pub(crate) fn apache(dir: &Path, root: &Path, cores: Cores) -> Result<Server> {
    fs::create_dir_all(dir)?;
    let http = free_port()?;
    let port = http.port().to_string();
    let text = fill(
        APACHE,
        &[
            ("@MODULES@", "/usr/lib/apache2/modules"),
            ("@USER@", if Uid::effective().is_root() { "User nobody\nGroup nogroup" } else { "" }),
            ("@HTTP_PORT@", &port),
            ("@ROOT@", path(root)),
            ("@DIR@", path(dir)),
        ],
    );
    let config = dir.join("apache.conf");
    fs::write(&config, text)?;
    let mut command = Command::new(find("apache2")?);
    command.arg("-D").arg("FOREGROUND").arg("-f").arg(&config);
    Server::start("Apache", &mut command, &dir.join("apache.log"), cores, &mut |server| {
        server.http = Some(http);
        Ok(accepts(http))
    })
}

/// A Flask application under Apache mod_wsgi, in which `bench` may push with that password.
pub(crate) fn flask(dir: &Path, password: &str, cores: Cores) -> Result<Server> {
    fs::create_dir_all(dir)?;
    let http = free_port()?;
    fs::write(dir.join("answers.wsgi"), fill(ANSWERS, &[("@PASSWORD@", password)]))?;
    let (wsgi, python) = (placed(WSGI)?, placed("usr/lib/python3/dist-packages/flask")?);
    let python = python.parent().context("a module lies in a folder")?;
    let text = fill(
        APACHE_WSGI,
        &[
            ("@MODULES@", "/usr/lib/apache2/modules"),
            ("@USER@", if Uid::effective().is_root() { "User nobody\nGroup nogroup" } else { "" }),
            ("@WSGI@", path(&wsgi)),
            ("@PYTHON@", path(python)),
            ("@HTTP_PORT@", &http.port().to_string()),
            ("@DIR@", path(dir)),
        ],
    );
    let config = dir.join("apache.conf");
    fs::write(&config, text)?;
    let mut command = Command::new(find("apache2")?);
    command.arg("-D").arg("FOREGROUND").arg("-f").arg(&config);
    Server::start("Flask", &mut command, &dir.join("apache.log"), cores, &mut |server| {
        server.http = Some(http);
        Ok(accepts(http))
    })
}

/// What Debian's package of mod_wsgi brings.
const WSGI: &str = "usr/lib/apache2/modules/mod_wsgi.so";

/// A file of a package, installed or unpacked.
fn placed(file: &str) -> Result<PathBuf> {
    ["/", "target/peers"]
        .into_iter()
        .find_map(|place| Path::new(place).join(file).canonicalize().ok())
        .with_context(|| format!("{file} is not installed; `make bench` unpacks it"))
}

/// dnsmasq knows no other TFTP port than 69, so only root can measure it.
pub(crate) fn dnsmasq(dir: &Path, root: &Path, cores: Cores) -> Result<Server> {
    if !Uid::effective().is_root() {
        bail!("dnsmasq serves TFTP on port 69 only, which needs root");
    }
    fs::create_dir_all(dir)?;
    let address = ([127, 0, 0, 1], 69).into();
    let text = fill(DNSMASQ, &[("@USER@", "user=root"), ("@ROOT@", path(root)), ("@DIR@", path(dir))]);
    let config = dir.join("dnsmasq.conf");
    fs::write(&config, text)?;
    let mut command = Command::new(find("dnsmasq")?);
    command.arg(format!("--conf-file={}", config.display()));
    Server::start("dnsmasq", &mut command, &dir.join("dnsmasq.out"), cores, &mut |server| {
        server.tftp = Some(address);
        answers_tftp(address)
    })
}

/// atftpd, one thread per transfer.
pub(crate) fn atftpd(dir: &Path, root: &Path, cores: Cores) -> Result<Server> {
    fs::create_dir_all(dir)?;
    let address = free_port()?;
    let mut command = Command::new(find("atftpd")?);
    command.args(["--daemon", "--no-fork", "--no-multicast", "--maxthread", "2000", "--verbose=3"]);
    command.args(["--tftpd-timeout", "600", "--bind-address", "127.0.0.1"]);
    command.arg(format!("--port={}", address.port()));
    command.arg(format!("--logfile={}", dir.join("atftpd.log").display()));
    if Uid::effective().is_root() {
        command.args(["--user", "root.root"]);
    }
    command.arg(root);
    Server::start("atftpd", &mut command, &dir.join("atftpd.out"), cores, &mut |server| {
        server.tftp = Some(address);
        answers_tftp(address)
    })
}

/// tftpd-hpa, one process per transfer.
pub(crate) fn tftpd_hpa(dir: &Path, root: &Path, cores: Cores) -> Result<Server> {
    if !Uid::effective().is_root() {
        bail!("tftpd-hpa changes its root and user, which needs root");
    }
    fs::create_dir_all(dir)?;
    let address = free_port()?;
    let mut command = Command::new(find("in.tftpd")?);
    command.args(["--listen", "--foreground", "--secure", "--user", "root"]);
    command.arg("--address").arg(address.to_string()).arg(root);
    Server::start("tftpd-hpa", &mut command, &dir.join("tftpd-hpa.out"), cores, &mut |server| {
        server.tftp = Some(address);
        answers_tftp(address)
    })
}

/// A program on the path, in the system folders, or unpacked by `make bench` under `target/peers`.
pub(crate) fn find(program: &str) -> Result<PathBuf> {
    let on_path = env::var_os("PATH").unwrap_or_default();
    let unpacked = ["target/peers/usr/sbin", "target/peers/usr/bin"].map(PathBuf::from);
    env::split_paths(&on_path)
        .chain(["/usr/sbin", "/usr/bin"].map(PathBuf::from))
        .chain(unpacked)
        .filter_map(|folder| folder.join(program).canonicalize().ok())
        // Debian's atftpd also answers to the name of tftpd-hpa's program.
        .find(|file| file.file_name().is_some_and(|name| name == program))
        .with_context(|| format!("{program} is not installed; `make bench` installs it"))
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
