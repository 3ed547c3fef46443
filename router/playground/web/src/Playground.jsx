import { useMemo, useRef, useState } from "react";
import { GraphiQL } from "graphiql";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { LogIn } from "./LogIn.jsx";
import { withDefaultHeader } from "./headers.js";

// Playground is GraphiQL with the router's examples and a log-in helper. config is
// {endpoint, introspection, examples: [{name, operation, variables}], logIn: {operation, token, accounts} | null}.
export function Playground({ config }) {
  const [session, setSession] = useState(null);
  const token = useRef(null);
  token.current = session?.token ?? null;

  const endpoint = new URL(config.endpoint, window.location.href).toString();
  const fetcher = useMemo(() => {
    const inner = createGraphiQLFetcher({ url: endpoint });
    // Tabs that set no Authorization of their own are sent as the session's account.
    return (params, options) => inner(params, { ...options, headers: withDefaultHeader(options?.headers, token.current) });
  }, [endpoint]);

  const tabs = useMemo(
    () => config.examples.map((example) => ({ query: example.operation, variables: example.variables || undefined })),
    [config.examples],
  );

  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={tabs.length > 0 ? tabs : undefined}
      defaultEditorToolsVisibility="headers"
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <span className="playground-brand">
          <img src="./icon.svg" alt="" width="20" height="20" /> Tributary
        </span>
        {config.logIn && <LogIn endpoint={endpoint} logIn={config.logIn} session={session} onSession={setSession} />}
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
