//! `/users`: who may use the page. Passwords are chosen by way of a link that is told once; none is ever given back.

use axum::Extension;
use axum::extract::State;
use http::HeaderMap;
use http::header::HOST;
use serde::{Deserialize, Serialize};
use store::{Store, User};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answer, Conditions};
use super::ask::{Json, Path};
use super::office::store;
use super::phones::Hidden;
use super::problem::{Kind, Problem};
use super::view::segment;
use crate::admin::access::{Administrator, Role};
use crate::admin::{Caller, people};
use crate::listener::App;
use crate::trust::calendar;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users, add_user))
        .routes(routes!(show_user, change_user, remove_user))
        .routes(routes!(link_user))
        .routes(routes!(set_password_of_user))
        .routes(routes!(log_user_out))
        .routes(routes!(link_first_user))
}

/// Somebody who may use the page.
#[derive(Debug, Serialize, ToSchema)]
struct UserView {
    /// What they log in with.
    name: String,
    /// `viewer`, `operator` or `administrator`.
    role: String,
    /// Whether they have chosen a password.
    has_password: bool,
    /// Since when there is this user.
    made: String,
    /// When they logged in last.
    last: Option<String>,
}

impl UserView {
    fn new(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            role: user.role.clone(),
            has_password: !user.password.is_empty(),
            made: calendar::utc(user.made),
            last: user.last.map(calendar::utc),
        }
    }
}

/// All users.
#[derive(Debug, Serialize, ToSchema)]
struct Users {
    /// By name.
    items: Vec<UserView>,
}

/// The words for what a user may.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UserRole)]
enum RoleWord {
    /// Looks at everything but secrets.
    Viewer,
    /// Changes phones, lines, keys and contacts.
    #[default]
    Operator,
    /// Changes everything.
    Administrator,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Viewer => Self::Viewer,
            RoleWord::Operator => Self::Operator,
            RoleWord::Administrator => Self::Administrator,
        }
    }
}

/// The user of an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct UserPath {
    /// Their name.
    #[param(example = "anna")]
    name: String,
}

impl UserPath {
    /// As names are kept: in small letters.
    fn name(&self) -> String {
        self.name.to_ascii_lowercase()
    }
}

async fn user(store: &Store, name: &str) -> Result<User, Problem> {
    let found = store.user(name).await?;
    found.ok_or_else(|| Problem::not_found(format!("there is no user {name}")))
}

/// What the store says of a user as a whole: there is one already, or it is the last administrator.
fn refused(error: store::Error, kind: Kind) -> Problem {
    match error {
        store::Error::Value { .. } => Problem::new(kind, error.to_string()),
        other => other.into(),
    }
}

/// List users
#[utoipa::path(get, path = "/users", tag = "users",
    responses((status = 200, description = "All of them", body = Users)),
    security(("token" = ["administer"])))]
async fn list_users(
    _: Administrator,
    State(app): State<App>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let items = store(&app)?.users().await?.iter().map(UserView::new).collect();
    Ok(Answer::read(&Users { items }, &conditions))
}

/// Show a user
#[utoipa::path(get, path = "/users/{name}", tag = "users", params(UserPath),
    responses((status = 200, description = "The user", body = UserView)),
    security(("token" = ["administer"])))]
async fn show_user(
    _: Administrator,
    State(app): State<App>,
    Path(path): Path<UserPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    Ok(Answer::read(&UserView::new(&user(store(&app)?, &path.name()).await?), &conditions))
}

/// A link by which a password is chosen.
#[derive(Serialize, ToSchema)]
struct LinkView {
    /// Whose; null for the first administrator, who says so there.
    name: Option<String>,
    /// Whoever opens it first chooses the password. It is told only now.
    link: String,
    /// Until when it can be opened.
    until: String,
}

/// How the server was called, so that the link leads to the same place.
struct Place {
    caller: Caller,
    headers: HeaderMap,
}

impl Place {
    async fn link(&self, store: &Store, name: Option<String>) -> Result<LinkView, Problem> {
        let now = calendar::now();
        let secret = people::invite(store, name.as_deref(), now).await?;
        let whose = name.as_ref().map_or("first administrator".to_owned(), |name| format!("user {name}"));
        store.note("invited", &whose, &[]).await?;
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let scheme = if self.caller.secure { "https" } else { "http" };
        let link = format!("{scheme}://{host}/welcome/{secret}");
        Ok(LinkView { name, link, until: calendar::utc(now + people::LINK_HOLDS) })
    }
}

/// A user to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserToAdd {
    /// What they log in with: 1 to 64 letters, digits and `. - _ @`.
    #[schema(example = "anna")]
    name: String,
    /// What they may.
    #[serde(default)]
    role: RoleWord,
}

/// A user that was added.
#[derive(Serialize, ToSchema)]
struct AddedUser {
    #[serde(flatten)]
    user: UserView,
    /// The link by which they choose a password: it is told only now.
    link: LinkView,
}

/// Add a user; the answer has the link by which they choose a password
#[utoipa::path(post, path = "/users", tag = "users", request_body = UserToAdd,
    responses((status = 201, description = "The user is added", body = AddedUser)),
    security(("token" = ["administer"])))]
async fn add_user(
    Administrator(who): Administrator,
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Json(body): Json<UserToAdd>,
) -> Result<Answer, Problem> {
    let name = people::name(&body.name).map_err(|unfit| Problem::field("name", unfit.to_string()))?;
    let store = store(&app)?.by(&who.name);
    let newcomer = people::newcomer(name.clone(), body.role.into(), calendar::now());
    store.add_user(&newcomer).await.map_err(|error| refused(error, Kind::Exists))?;
    let link = Place { caller, headers }.link(&store, Some(name.clone())).await?;
    let location = format!("{}/users/{}", super::BASE, segment(&name));
    Ok(Answer::created(&AddedUser { user: UserView::new(&newcomer), link }, location))
}

/// What shall be different about a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    /// What they may from now on.
    role: RoleWord,
}

/// Give a user another role; the last administrator stays one
#[utoipa::path(patch, path = "/users/{name}", tag = "users", params(UserPath), request_body = UserChange,
    responses((status = 200, description = "The user as they are now", body = UserView)),
    security(("token" = ["administer"])))]
async fn change_user(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<UserPath>,
    conditions: Conditions,
    Json(body): Json<UserChange>,
) -> Result<Answer, Problem> {
    let (store, name) = (store(&app)?.by(&who.name), path.name());
    conditions.hold_for(&UserView::new(&user(&store, &name).await?))?;
    let changed = store.set_role(&name, Role::from(body.role).word()).await;
    changed.map_err(|error| refused(error, Kind::Conflict))?;
    Ok(Answer::changed(&UserView::new(&user(&store, &name).await?)))
}

/// Whose users these were.
#[derive(Debug, Serialize, ToSchema)]
struct RemovedUser {
    /// Their name.
    name: String,
}

/// Remove a user, and log them out everywhere; the last administrator stays
#[utoipa::path(delete, path = "/users/{name}", tag = "users", params(UserPath),
    responses((status = 200, description = "The user is removed", body = RemovedUser)),
    security(("token" = ["administer"])))]
async fn remove_user(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<UserPath>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (store, name) = (store(&app)?.by(&who.name), path.name());
    conditions.hold_for(&UserView::new(&user(&store, &name).await?))?;
    store.remove_user(&name).await.map_err(|error| refused(error, Kind::Conflict))?;
    Ok(Answer::done(&RemovedUser { name }))
}

/// Make a new link by which a user chooses a password; older ones are void
#[utoipa::path(post, path = "/users/{name}/link", tag = "users", params(UserPath),
    responses((status = 200, description = "The link; the password holds until it is used", body = LinkView)),
    security(("token" = ["administer"])))]
async fn link_user(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<UserPath>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Answer, Problem> {
    let store = store(&app)?.by(&who.name);
    let link = Place { caller, headers }.link(&store, Some(path.name())).await?;
    Ok(Answer::done(&link))
}

/// Make the link by which the first administrator is made, while nobody can log in
#[utoipa::path(post, path = "/first-user", tag = "users",
    responses((status = 200, description = "The link", body = LinkView)),
    security(("token" = ["administer"])))]
async fn link_first_user(
    Administrator(who): Administrator,
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Answer, Problem> {
    let store = store(&app)?.by(&who.name);
    if store.has_users().await? {
        let text = "there are users already: say whose password is to be chosen, at /users/{name}/link";
        return Err(Problem::new(Kind::Conflict, text));
    }
    Ok(Answer::done(&Place { caller, headers }.link(&store, None).await?))
}

/// A password set by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordToSet {
    /// At least ten characters.
    #[schema(format = Password, write_only, min_length = 10)]
    password: Hidden,
}

/// What became of the password.
#[derive(Debug, Serialize, ToSchema)]
struct PasswordSet {
    /// Whose it is.
    name: String,
}

/// Set the password of a user, and log them out everywhere: for machines that nobody opens links on
#[utoipa::path(put, path = "/users/{name}/password", tag = "users", params(UserPath), request_body = PasswordToSet,
    responses((status = 200, description = "It is set", body = PasswordSet)),
    security(("token" = ["administer"])))]
async fn set_password_of_user(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<UserPath>,
    Json(body): Json<PasswordToSet>,
) -> Result<Answer, Problem> {
    let (store, name) = (store(&app)?.by(&who.name), path.name());
    user(&store, &name).await?;
    let unfit = |unfit: people::Unfit| Problem::field("password", unfit.to_string());
    people::check_password(&name, &body.password.0).map_err(unfit)?;
    store.set_password(&name, &people::hash(&body.password.0).await).await?;
    Ok(Answer::done(&PasswordSet { name }))
}

/// Whose sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
struct LoggedOut {
    /// The user.
    name: String,
    /// In how many browsers they were logged in.
    sessions: u64,
}

/// Log a user out everywhere
#[utoipa::path(delete, path = "/users/{name}/sessions", tag = "users", params(UserPath),
    responses((status = 200, description = "They are logged out", body = LoggedOut)),
    security(("token" = ["administer"])))]
async fn log_user_out(
    Administrator(who): Administrator,
    State(app): State<App>,
    Path(path): Path<UserPath>,
) -> Result<Answer, Problem> {
    let (store, name) = (store(&app)?.by(&who.name), path.name());
    user(&store, &name).await?;
    let sessions = store.end_sessions(&name).await?;
    store.note("logged out", &format!("user {name}"), &[]).await?;
    Ok(Answer::done(&LoggedOut { name, sessions }))
}
