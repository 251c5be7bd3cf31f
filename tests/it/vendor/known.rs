//! The known differences, with their reasons.

/// The operations, the reason, and the differences, one a line.
pub(super) const KNOWN: [(&[&str], &str, &str); 16] = [
    (
        &["CreateMesh"],
        "the documented example has it",
        "request.spec.region: of the emulator alone",
    ),
    (
        &["DeleteToken", "AssumeAgency", "GetCallerIdentity"],
        "the vendor's API explorer has no such operation; clients use it",
        "no document",
    ),
    (
        &["CreateToken"],
        "methods and spellings of public clients, which the service is known to accept",
        "
        request.auth.identity.token: of the emulator alone
        request.auth.identity.hw_ak_sk: of the emulator alone
        request.auth.identity.assume_role.xrole_name: of the emulator alone
        request.auth.identity.assume_role.agency_name: required is false, not true
        request.auth.scope.project.domain: of the emulator alone
        ",
    ),
    (
        &["CreateToken"],
        "a user by id, as in Keystone and in the Open Telekom Cloud copy of the manual",
        "
        request.auth.identity.password.user.id: of the emulator alone
        request.auth.identity.password.user.name: required is false, not true
        request.auth.identity.password.user.domain: required is false, not true
        request.auth.identity.password.user.domain.id: of the emulator alone
        request.auth.identity.password.user.domain.name: required is false, not true
        ",
    ),
    (
        &["CreateToken"],
        "the manual says that a token without a scope is for the account",
        "request.auth.scope: required is false, not true",
    ),
    (
        &["CreateToken"],
        "one schema for all users of tokens; an agency has no password",
        "answer.token.assumed_by.user.password_expires_at: required is false, not true",
    ),
    (
        &["ShowToken"],
        "a token of an agency is described as at its issue",
        "
        answer.token.assumed_by: of the emulator alone
        answer.token.user.password_expires_at: required is false, not true
        ",
    ),
    (
        &["CreateTemporaryAccessKey"],
        "the spelling of older clients",
        "
        request.auth.identity.assume_role.xrole_name: of the emulator alone
        request.auth.identity.assume_role.agency_name: required is false, not true
        ",
    ),
    (
        &["CreateTemporaryAccessKey"],
        "policies are ignored, and a hint says so",
        "request.auth.identity.policy: missing",
    ),
    (
        &["ListRegions"],
        "optional languages, which the document gives one region alone",
        "
        answer.regions[].locales.es-es: missing
        answer.regions[].locales.es-us: missing
        answer.regions[].locales.pt-br: missing
        ",
    ),
    (
        &["ListServices"],
        "optional, and absent in the document's own example",
        "answer.services[].description: missing",
    ),
    (
        &["ListUsers"],
        "optional, and absent in the document's own example; fixtures do not say it",
        "
        answer.users[].access_mode: missing
        answer.users[].last_project_id: missing
        answer.users[].pwd_strength: missing
        ",
    ),
    (
        &["CreateMesh"],
        "Terraform sends the project of a cluster",
        "request.spec.extendParams.clusters[].projectID: of the emulator alone",
    ),
    (
        &["CreateMesh"],
        "the text of the document requires both",
        "
        request.spec.tags[].key: required is true, not false
        request.spec.tags[].value: required is true, not false
        ",
    ),
    (
        &["CreateMesh", "DeleteMesh", "ShowMesh"],
        "absent in the document's own examples; the service does not echo them, as Terraform's provider notes",
        "
        answer.metadata.annotations: missing
        answer.metadata.labels: missing
        answer.spec.tags: missing
        answer.spec.extendParams.clusters[].injection: missing
        answer.spec.extendParams.clusters[].installation: missing
        ",
    ),
    (
        &["ListMeshes"],
        "as those of a single mesh",
        "
        answer.items[].metadata.annotations: missing
        answer.items[].metadata.labels: missing
        answer.items[].spec.tags: missing
        answer.items[].spec.extendParams.clusters[].injection: missing
        answer.items[].spec.extendParams.clusters[].installation: missing
        ",
    ),
];
