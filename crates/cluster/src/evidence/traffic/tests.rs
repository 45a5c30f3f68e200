//! What is kept of Istio's objects.

use serde_json::json;

use super::*;

fn object(spec: Value) -> Object {
    let metadata = serde_json::from_value(json!({ "namespace": "shop", "name": "one" })).unwrap();
    Object { metadata, spec, ..Object::default() }
}

#[test]
fn a_patch_is_kept_by_its_names_and_how_it_is_typed() {
    let filter = envoy_filter(&object(json!({ "configPatches": [{
        "applyTo": "HTTP_FILTER",
        "match": {
            "proxy": { "proxyVersion": "^1\\.30.*" },
            "listener": { "filterChain": { "filter": {
                "name": "envoy.http_connection_manager", "subFilter": { "name": "envoy.router" },
            } } },
        },
        "patch": { "operation": "INSERT_BEFORE", "value": { "name": "envoy.lua", "config": {
            "@type": "type.googleapis.com/envoy.config.filter.http.lua.v2.Lua",
        } } },
    }] })));

    let patch = &filter.patches[0];
    let names: Vec<&str> = patch.filters.iter().map(|name| &**name).collect();
    assert_eq!(names, ["envoy.http_connection_manager", "envoy.lua", "envoy.router"]);
    assert!(patch.untyped && patch.version_two, "{patch:?}");
    assert_eq!(patch.proxy_version.as_deref(), Some("^1\\.30.*"));
}

#[test]
fn tls_is_found_at_every_level() {
    let rule = destination_rule(&object(json!({
        "host": "pay.example",
        "trafficPolicy": {
            "tls": { "mode": "ISTIO_MUTUAL" },
            "outlierDetection": { "minHealthPercent": 20 },
            "portLevelSettings": [{ "port": { "number": 443 }, "tls": { "mode": "SIMPLE", "sni": "pay" } }],
        },
        "subsets": [{ "name": "a", "trafficPolicy": { "tls": { "mode": "MUTUAL", "insecureSkipVerify": true } } }],
    })));

    let found: Vec<_> =
        rule.tls.iter().map(|tls| (&*tls.at, tls.names_sni, tls.names_trust)).collect();
    assert_eq!(
        found,
        [
            ("trafficPolicy.portLevelSettings[0]", true, false),
            ("subsets[0].trafficPolicy", false, true),
        ]
    );
    assert!(!rule.ejects_outliers, "a floor is set");
}

#[test]
fn outliers_are_looked_for_at_every_port() {
    let ejects = |detection: Value| {
        let ports = json!([{ "port": { "number": 443 }, "outlierDetection": detection }]);
        let spec = json!({ "host": "pay", "trafficPolicy": { "portLevelSettings": ports } });
        destination_rule(&object(spec)).ejects_outliers
    };

    assert!(ejects(json!({ "consecutive5xxErrors": 5 })));
    assert!(!ejects(json!({ "minHealthPercent": 20 })));
}

#[test]
fn an_entry_that_wants_no_address_counts_as_one_that_has_one() {
    let mut asking = object(json!({ "hosts": ["pay.example"], "resolution": "DNS" }));
    assert!(!service_entry(&asking).has_addresses);

    let labels = json!({ "networking.istio.io/enable-autoallocate-ip": "False" });
    asking.metadata = serde_json::from_value(json!({ "name": "one", "labels": labels })).unwrap();
    assert!(service_entry(&asking).has_addresses);
}

#[test]
fn a_route_is_kept_by_where_it_leads() {
    let service = virtual_service(&object(json!({
        "hosts": ["cart"],
        "http": [
            { "delegate": { "name": "other" } },
            { "route": [{ "destination": { "host": "cart" } }], "retries": { "attempts": 2 } },
        ],
        "tcp": [{ "route": [{ "destination": { "host": "db.shop" } }] }],
    })));

    assert_eq!(service.gateways, ["mesh".into()].into());
    assert_eq!(service.destinations, ["cart".into(), "db.shop".into()].into());
    assert!(service.retries && !service.mirrors);
    let to = ObjectName { namespace: "shop".into(), name: "other".into() };
    assert_eq!(service.delegates, [Delegate { to, routes_too: false }]);
}
