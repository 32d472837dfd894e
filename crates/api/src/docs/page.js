// Shows the document of this server. A table has many columns and each a parameter, so everything starts closed.
SwaggerUIBundle({
  dom_id: "#page",
  url: "/rest/v1/",
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  defaultModelRendering: "example",
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  // Nothing is sent elsewhere to be checked.
  validatorUrl: null,
});
