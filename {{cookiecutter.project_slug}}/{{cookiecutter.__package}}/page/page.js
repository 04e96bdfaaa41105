// Shows the API's document by Swagger UI, which logs in as the API's settings say.
"use strict";

async function read(path) {
    const answer = await fetch(path);
    if (!answer.ok) {
        throw new Error(`${path} was answered with ${answer.status}`);
    }
    return answer.json();
}

function show(spec, settings) {
    const { auth0 } = spec.components.securitySchemes;
    const { scopes } = auth0.flows.authorizationCode;
    delete auth0.flows.clientCredentials; // a machine's secret has no place in a browser
    if (!settings.clientId) {
        delete spec.components.securitySchemes.auth0;
        document.getElementById("no-client").hidden = false;
    }
    document.title = spec.info.title;
    const ui = SwaggerUIBundle({
        dom_id: "#swagger-ui",
        spec,
        deepLinking: true,
        defaultModelsExpandDepth: -1, // each answer shows its own
        displayRequestDuration: true,
        oauth2RedirectUrl: new URL("oauth2-redirect.html", location.href).href,
        persistAuthorization: false, // a token is gone with the page
        tryItOutEnabled: true,
        validatorUrl: null, // else it would send the document elsewhere
    });
    ui.initOAuth({
        clientId: settings.clientId,
        scopes: Object.keys(scopes),
        additionalQueryStringParams: { audience: settings.audience }, // Auth0's, for a token of this API
        usePkceWithAuthorizationCodeGrant: true,
    });
}

Promise.all([read("../openapi.json"), read("settings.json")])
    .then(([spec, settings]) => show(spec, settings))
    .catch((error) => {
        const failure = document.getElementById("failure");
        failure.textContent = `The page could not be made: ${error.message}.`;
        failure.hidden = false;
    });
