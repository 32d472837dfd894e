// Shows the document of this server. A table has many columns and each a parameter, so everything starts closed.

// What only machines ask: they stay in the document.
const HIDDEN = ["head", "options"];

const withoutHidden = {
  statePlugins: {
    spec: {
      wrapSelectors: {
        taggedOperations: (original) => (...given) =>
          original(...given).map((tag) =>
            tag.update("operations", (all) => all.filter((one) => !HIDDEN.includes(one.get("method")))),
          ),
      },
    },
  },
};

// What can go wrong is longer than all else, and much the same everywhere: it is there for whoever opens it.
const foldedProblems = {
  wrapComponents: {
    responses: (Original, { React }) => (given) => {
      const isProblem = (_, code) => code >= "400";
      const problems = given.responses.filter(isProblem);
      const answers = React.createElement(Original, { ...given, responses: given.responses.filterNot(isProblem) });
      if (problems.isEmpty()) return answers;
      const codes = problems.keySeq().join(", ");
      return React.createElement(
        "div",
        null,
        answers,
        React.createElement(
          "details",
          { className: "problems" },
          React.createElement("summary", null, `Problems: ${codes}`),
          // What was answered when somebody tried it stands above.
          React.createElement(Original, { ...given, responses: problems, tryItOutResponse: undefined }),
        ),
      );
    },
  },
};

// Light or dark, as the reader is.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  dom_id: "#page",
  url: "/rest/v1/",
  plugins: [withoutHidden, foldedProblems],
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
