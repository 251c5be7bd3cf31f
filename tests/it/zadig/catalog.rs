//! Projects, environments, services and registries in fixtures.

use serde_json::{Value, json};

use super::*;

/// A project with everything that its fixture may say.
fn shop() -> Value {
    json!({
        "key": "shop", "name": "The shop", "description": "Sells.", "deploy_type": "helm", "public": true,
        "create_time": 1_686_134_245, "created_by": "admin", "update_time": 1_686_134_246,
        "environments": [{
            "name": "dev", "alias": "Development", "production": true, "cluster_id": "0123456789abcdef12345678",
            "namespace": "ns", "registry_id": "r1", "status": "updating", "update_by": "ann",
            "update_time": 1_689_933_256,
            "global_variables": [{"key": "a", "value": {"b": [1]}, "type": "yaml", "options": [], "desc": "",
                "related_services": ["web"]}],
            "services": [{"name": "web",
                "containers": [{"name": "web", "type": "init", "image": "reg.io/ns/web:1", "image_name": "other",
                    "image_path": {"repo": "image.repository", "tag": "image.tag"}}],
                "chart": "web", "variable_kvs": [{"key": "k", "value": "v", "type": "enum", "options": ["v"], "desc": "d"}],
                "status": "unstable", "type": "helm"}]}],
        "service_templates": [{"name": "web", "production": true, "source": "gitlab", "type": "helm",
            "template_name": "base", "created_by": "ann", "created_time": 1_689_660_993, "yaml": "kind: Deployment",
            "containers": [{"name": "web", "image": "reg.io/ns/web:1"}],
            "service_variable_kvs": [{"key": "k", "value": true, "type": "bool", "options": [], "desc": ""}]}],
        "registries": [{"id": "r1", "address": "https://reg.io", "namespace": "ns", "provider": "harbor",
            "region": "eu", "is_default": true}]
    })
}

#[tokio::test]
async fn a_project_comes_back_as_it_was_given() {
    let app = App::load(&json!({"zadig": {"projects": [shop()]}}));
    assert_eq!(app.state().await["zadig"]["projects"], json!([shop()]));
}

#[tokio::test]
async fn what_is_usual_is_left_out_of_an_export() {
    let app = App::load(&json!({"zadig": {"projects": [{
        "project_key": "shop", "project_name": "shop", "desc": "", "deploy_type": "k8s", "is_public": false,
        "create_time": 7, "update_time": 7,
        "environments": [{"env_key": "dev", "project_key": "shop", "namespace": "shop-env-dev",
            "status": "success", "services": [{"service_name": "web"}]}],
        "registries": [{"registry_id": "r1", "address": "reg.io", "is_default": false}]}]}}));
    let expected = json!([{
        "key": "shop", "create_time": 7,
        "environments": [{"name": "dev", "production": false, "services": [{"name": "web", "containers": []}]}],
        "registries": [{"id": "r1", "address": "reg.io", "namespace": ""}]}]);
    assert_eq!(app.state().await["zadig"]["projects"], expected);
}

#[tokio::test]
async fn an_environment_may_be_spelt_as_in_an_answer() {
    for (given, name, alias) in [
        (json!({"env_name": "dev"}), "dev", None),
        (
            json!({"env_key": "dev", "env_name": "Development"}),
            "dev",
            Some("Development"),
        ),
        (
            json!({"env_key": "dev", "envName": "Development"}),
            "dev",
            Some("Development"),
        ),
        (
            json!({"name": "dev", "env_key": "dev", "alias": "dev"}),
            "dev",
            Some("dev"),
        ),
    ] {
        let app =
            App::load(&json!({"zadig": {"projects": [{"key": "shop", "environments": [given]}]}}));
        let environment = &app.state().await["zadig"]["projects"][0]["environments"][0];
        assert_eq!(environment["name"], name);
        assert_eq!(environment.get("alias").and_then(Value::as_str), alias);
    }
}

#[tokio::test]
async fn a_patch_replaces_what_it_says_of_a_project() {
    let app = App::load(&json!({"zadig": {"projects": [shop()]}}));
    let patch = json!({"zadig": {"projects": [{"key": "shop", "public": false, "description": "Closed.",
        "service_templates": [{"name": "web", "production": true}, {"name": "web"}]}]}});
    app.patch("/_emulator/v1/state", patch)
        .await
        .assert_status(204);
    let project = &app.state().await["zadig"]["projects"][0];
    assert_eq!(project.get("public"), None);
    assert_eq!(project["description"], "Closed.");
    assert_eq!(project["name"], "The shop");
    let web = |production| {
        json!({"name": "web", "production": production, "source": "spock", "type": "k8s", "created_time": 0,
            "containers": []})
    };
    assert_eq!(project["service_templates"], json!([web(true), web(false)]));
}

#[tokio::test]
async fn a_wrong_fixture_is_refused_with_the_place() {
    let app = App::new();
    for (project, place, why) in [
        (
            json!({"environments": [{}]}),
            "environments[0].name",
            "is required",
        ),
        (
            json!({"environments": [{"name": "a", "env_key": "b"}]}),
            "environments[0].env_key",
            r#"must be the name, "a""#,
        ),
        (
            json!({"environments": [{"name": "a", "project_key": "b"}]}),
            "environments[0].project_key",
            r#"must be "shop""#,
        ),
        (
            json!({"environments": [{"name": "a"}, {"env_key": "a"}]}),
            "environments[1]",
            r#"duplicate "a""#,
        ),
        (
            json!({"environments": [{"name": "a", "status": "Success"}]}),
            "environments[0].status",
            "success",
        ),
        (
            json!({"environments": [{"name": "a", "services": [{"name": "b", "colour": 1}]}]}),
            "environments[0].services[0].colour",
            "is not a known field",
        ),
        (
            json!({"service_templates": [{"name": "a"}, {"service_name": "a"}]}),
            "service_templates[1]",
            r#"duplicate "a""#,
        ),
        (
            json!({"registries": [{"id": "r1", "address": "a", "is_default": true},
                {"id": "r2", "address": "a", "is_default": true}]}),
            "registries[1].is_default",
            r#""r1" is the default registry"#,
        ),
    ] {
        let mut project = project;
        project["key"] = json!("shop");
        let state = json!({"zadig": {"projects": [project]}});
        let refusal = app.put("/_emulator/v1/state", state).await;
        let text = refusal.assert_status(400).to_string();
        assert!(
            text.contains(&format!("zadig.projects[0].{place}")),
            "{text}"
        );
        assert!(text.replace("\\\"", "\"").contains(why), "{text}");
    }
}
