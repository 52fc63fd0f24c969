//! The contract as Rust, generated from `wit/v1`. Names and shapes are the contract's.

wasmtime::component::bindgen!({
    path: "../wit/v1",
    world: "keystead:plugin/plugin",
    imports: {
        "keystead:plugin/http.send": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
