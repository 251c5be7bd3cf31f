//! The binder of generation 2's bodies, of release plans and of workflow tasks, judged by the rules of [`super::go_rules`].

use proptest::prelude::*;
use release_emulator::internals::families::zadig::go_json::decode::{bind, unmarshal};
use release_emulator::internals::families::zadig::release_plans::wire::request::{
    CreatePlanBody, UpdatePlanBody,
};
use release_emulator::internals::families::zadig::versions::wire::request_v4::{
    HelmBodyV4, K8sBodyV4,
};
use release_emulator::internals::families::zadig::workflows::wire::request::CustomTaskArgs;

use super::go_rules::GoDescription;
use super::go_rules::GoType::{Any, Bool, Int, Ints, Struct, Structs, Text, Texts, Whole};
use super::go_rules::{any_body, expected};
use crate::common::cases;

static PATH: GoDescription = GoDescription {
    package: "models",
    name: "ImagePathSpec",
    fields: &[
        ("repo", Text("string")),
        ("namespace", Text("string")),
        ("image", Text("string")),
        ("tag", Text("string")),
    ],
};

static IMAGE: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPIDeliveryVersionImage",
    fields: &[
        ("container_name", Text("string")),
        ("image_name", Text("string")),
        ("source_image", Text("string")),
        ("source_image_tag", Text("string")),
        ("target_image", Text("string")),
        ("target_image_tag", Text("string")),
        ("image_path", Struct(&PATH)),
        ("push_image", Bool),
        ("status", Text("config.Status")),
        ("error", Text("string")),
    ],
};

static SERVICE: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPIDeliveryVersionService",
    fields: &[
        ("service_name", Text("string")),
        ("chart_name", Text("string")),
        ("original_chart_version", Text("string")),
        ("chart_version", Text("string")),
        ("chart_status", Text("config.Status")),
        ("yaml_content", Text("string")),
        ("images", Structs(&IMAGE)),
        ("error", Text("string")),
    ],
};

static K8S: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPICreateK8SDeliveryVersionV2Request",
    fields: &[
        ("project_key", Text("string")),
        ("version_name", Text("string")),
        ("source", Text("setting.DeliveryVersionSource")),
        ("original_version_name", Text("string")),
        ("env_name", Text("string")),
        ("production", Bool),
        ("desc", Text("string")),
        ("labels", Texts),
        ("image_registry_id", Text("string")),
        ("services", Structs(&SERVICE)),
    ],
};

static HELM: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPICreateHelmDeliveryVersionV2Request",
    fields: &[
        ("project_key", Text("string")),
        ("version_name", Text("string")),
        ("env_name", Text("string")),
        ("original_version_name", Text("string")),
        ("production", Bool),
        ("source", Text("setting.DeliveryVersionSource")),
        ("desc", Text("string")),
        ("labels", Texts),
        ("image_registry_id", Text("string")),
        ("chart_repo_name", Text("string")),
        ("original_chart_repo_name", Text("string")),
        ("services", Structs(&SERVICE)),
    ],
};

static APPROVER: GoDescription = GoDescription {
    package: "models",
    name: "User",
    fields: &[
        ("type", Text("string")),
        ("user_id", Text("string")),
        ("user_name", Text("string")),
        ("group_id", Text("string")),
        ("group_name", Text("string")),
        ("reject_or_approve", Text("string")),
        ("comment", Text("string")),
        ("operation_time", Int("int64")),
    ],
};

static NATIVE_APPROVAL: GoDescription = GoDescription {
    package: "models",
    name: "NativeApproval",
    fields: &[
        ("timeout", Int("int")),
        ("approve_users", Structs(&APPROVER)),
        ("needed_approvers", Int("int")),
        ("reject_or_approve", Text("string")),
        ("instance_code", Text("string")),
    ],
};

static APPROVAL: GoDescription = GoDescription {
    package: "models",
    name: "Approval",
    fields: &[
        ("enabled", Bool),
        ("status", Text("string")),
        ("type", Text("string")),
        ("description", Text("string")),
        ("start_time", Int("int64")),
        ("end_time", Int("int64")),
        ("native_approval", Struct(&NATIVE_APPROVAL)),
        ("lark_approval", Whole("models.LarkApproval")),
        ("dingtalk_approval", Whole("models.DingTalkApproval")),
        ("workwx_approval", Whole("models.WorkWXApproval")),
    ],
};

static PLAN: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPICreateReleasePlanArgs",
    fields: &[
        ("name", Text("string")),
        ("manager", Text("string")),
        ("manager_identity_type", Text("string")),
        ("start_time", Int("int64")),
        ("end_time", Int("int64")),
        ("schedule_execute_time", Int("int64")),
        ("description", Text("string")),
        ("approval", Struct(&APPROVAL)),
    ],
};

static PLAN_JOB: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPIReleasePlanJob",
    fields: &[
        ("name", Text("string")),
        ("type", Text("string")),
        ("spec", Any),
    ],
};

static EDITED_PLAN: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPIUpdateReleasePlanWithJobsArgs",
    fields: &[
        ("name", Text("string")),
        ("manager", Text("string")),
        ("manager_identity_type", Text("string")),
        ("start_time", Int("int64")),
        ("end_time", Int("int64")),
        ("schedule_execute_time", Int("int64")),
        ("description", Text("string")),
        ("approval", Struct(&APPROVAL)),
        ("jobs", Structs(&PLAN_JOB)),
    ],
};

static REPOSITORY: GoDescription = GoDescription {
    package: "workflow",
    name: "CreateCustomTaskRepoArg",
    fields: &[
        ("codehost_name", Text("string")),
        ("repo_namespace", Text("string")),
        ("repo_name", Text("string")),
        ("branch", Text("string")),
        ("prs", Ints),
    ],
};

static PARAMETER: GoDescription = GoDescription {
    package: "workflow",
    name: "CreateCustomTaskParam",
    fields: &[
        ("name", Text("string")),
        ("type", Text("string")),
        ("value", Text("string")),
        ("repo", Struct(&REPOSITORY)),
    ],
};

static INPUT: GoDescription = GoDescription {
    package: "workflow",
    name: "CreateCustomTaskJobInput",
    fields: &[
        ("job_name", Text("string")),
        ("job_type", Text("string")),
        ("parameters", Any),
    ],
};

static TASK: GoDescription = GoDescription {
    package: "workflow",
    name: "OpenAPICreateCustomWorkflowTaskArgs",
    fields: &[
        ("workflow_key", Text("string")),
        ("project_key", Text("string")),
        ("parameters", Structs(&PARAMETER)),
        ("inputs", Structs(&INPUT)),
        ("notify_inputs", Any),
    ],
};

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn a_k8s_body_is_bound_as_its_description_says(body in any_body(&K8S)) {
        let bound = bind::<K8sBodyV4>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &K8S), "{}", body);
    }

    #[test]
    fn a_helm_body_is_bound_as_its_description_says(body in any_body(&HELM)) {
        let bound = bind::<HelmBodyV4>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &HELM), "{}", body);
    }

    #[test]
    fn a_release_plan_is_bound_as_its_description_says(body in any_body(&PLAN)) {
        let bound = bind::<CreatePlanBody>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &PLAN), "{}", body);
    }

    #[test]
    fn the_edit_of_a_release_plan_is_bound_as_its_description_says(body in any_body(&EDITED_PLAN)) {
        let bound = bind::<UpdatePlanBody>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &EDITED_PLAN), "{}", body);
    }

    #[test]
    fn a_workflow_task_is_bound_as_its_description_says(body in any_body(&TASK)) {
        let bound = unmarshal::<CustomTaskArgs>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &TASK), "{}", body);
    }
}
