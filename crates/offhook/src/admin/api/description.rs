//! The description of the API in OpenAPI 3.1: what stands in front of it, and what is the same for every address.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContactBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi,
    OpenApiBuilder, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, ServerBuilder, Type,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::problem::{FieldProblem, KIND, Problem};

const ABOUT: &str = "Everything that the commands of offhook can do. A program shows a token: \
`Authorization: Bearer offhook_…`; `offhook token add NAME --scope …` makes one. What goes wrong is told as \
`application/problem+json`. What is read has an `ETag`; with it in `If-Match` a change is refused if somebody else was faster.";

/// What can go wrong anywhere.
const PROBLEMS: [(&str, &str); 13] = [
    ("400", "The request cannot be read"),
    ("401", "A token is needed"),
    ("403", "The token may not do that"),
    ("404", "There is no such thing"),
    ("409", "It is there already, or something else is in the way"),
    ("412", "It was changed meanwhile"),
    ("413", "The body is too large"),
    ("415", "The body is of another type"),
    ("422", "What was asked for or sent cannot be"),
    ("428", "There is one already: say in If-Match what is to be replaced"),
    ("429", "Too many wrong tokens came from this address"),
    ("500", "Something failed in the server"),
    ("503", "It cannot be done now; try again"),
];

/// What puts a whole thing in the place of another.
const REPLACING: [&str; 2] = ["put_document", "schedule_lsc"];

/// What stands in front.
pub(super) fn begin() -> OpenApi {
    let info = InfoBuilder::new()
        .title("offhook")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
        ))
        .contact(Some(
            ContactBuilder::new().name(Some("offhook")).url(Some(env!("CARGO_PKG_REPOSITORY"))).build(),
        ))
        .build();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "A token. Its scope is read, operate or administer; each may do what those before it may.",
        ))
        .build();
    let problems = PROBLEMS.map(|(status, text)| (format!("Problem{status}"), problem(text)));
    let components = ComponentsBuilder::new()
        .responses_from_iter(problems)
        .security_scheme("token", SecurityScheme::Http(token))
        .schema(Problem::name(), Problem::schema())
        .schema(FieldProblem::name(), FieldProblem::schema())
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(super::BASE).build()]))
        .components(Some(components))
        .build()
}

/// Adds to every address what is the same for all.
pub(super) fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let named = path.contains('{');
        // What can be read by itself has a tag by which a change can be refused.
        let tagged = item.get.is_some() && !path.starts_with("/problem-reports");
        for (method, operation) in operations(item) {
            describe(operation, method, named, tagged);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", item.get.as_mut()),
        ("put", item.put.as_mut()),
        ("post", item.post.as_mut()),
        ("delete", item.delete.as_mut()),
        ("patch", item.patch.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?)))
}

fn describe(operation: &mut Operation, method: &str, named: bool, tagged: bool) {
    let body = operation.request_body.is_some();
    let mut problems = vec!["400", "401", "403", "422", "429", "500", "503"];
    if named || method != "get" {
        problems.push("404");
    }
    if method != "get" {
        problems.push("409");
    }
    if body {
        problems.extend(["413", "415"]);
    }
    let adds_to_a_list =
        method == "post" && operation.operation_id.as_deref().is_some_and(|id| id.starts_with("override_"));
    if tagged && (matches!(method, "patch" | "put" | "delete") || adds_to_a_list) {
        problems.push("412");
        let text = "The ETag of what was read: nothing is changed when it has another by now";
        add_header(operation, "If-Match", text);
    }
    if operation.operation_id.as_deref().is_some_and(|id| REPLACING.contains(&id)) {
        problems.push("428");
    }
    let has_tag = method == "get" && operation.responses.responses.values().any(is_json);
    if has_tag {
        let text = "The ETag of what is known already";
        add_header(operation, "If-None-Match", text);
        let unchanged = ResponseBuilder::new().description("It is as it was").build();
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
    for response in operation.responses.responses.values_mut() {
        if let (true, RefOr::T(response)) = (has_tag, response) {
            let header = HeaderBuilder::new()
                .description(Some("What this representation is known by"))
                .schema(Some(text()))
                .build();
            response.headers.insert("ETag".to_owned(), RefOr::T(header));
        }
    }
    for status in problems {
        let all = &mut operation.responses.responses;
        let named = || RefOr::Ref(Ref::from_response_name(format!("Problem{status}")));
        all.entry(status.to_owned()).or_insert_with(named);
    }
}

fn is_json(response: &RefOr<Response>) -> bool {
    matches!(response, RefOr::T(response) if response.content.contains_key("application/json"))
}

fn problem(description: &str) -> Response {
    let schema = Ref::from_schema_name(Problem::name());
    ResponseBuilder::new()
        .description(description)
        .content(KIND, ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

fn text() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

fn add_header(operation: &mut Operation, name: &str, description: &str) {
    let parameter: Parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text()))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}
