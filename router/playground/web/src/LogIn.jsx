import { useState } from "react";
import { useGraphiQL, useGraphiQLActions, pick } from "@graphiql/react";
import { setHeader } from "./headers.js";

// LogIn asks the graph itself for a token and writes it into the headers of the open tab.
export function LogIn({ endpoint, logIn, session, onSession }) {
  const { headerEditor } = useGraphiQL(pick("headerEditor"));
  const { updateActiveTabValues } = useGraphiQLActions();
  const [email, setEmail] = useState(logIn.accounts[0]?.email ?? "");
  const [password, setPassword] = useState(logIn.accounts[0]?.password ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  function choose(event) {
    const account = logIn.accounts.find((candidate) => candidate.email === event.target.value);
    setEmail(account.email);
    setPassword(account.password);
  }

  function writeHeader(token) {
    const text = setHeader(headerEditor?.getValue() ?? "", "Authorization", token && `Bearer ${token}`);
    headerEditor?.setValue(text);
    updateActiveTabValues({ headers: text });
  }

  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      const token = await requestToken(endpoint, logIn, { email, password });
      writeHeader(token);
      onSession({ email, token });
    } catch (error) {
      setProblem(error.message);
    } finally {
      setBusy(false);
    }
  }

  function logOut() {
    writeHeader("");
    onSession(null);
  }

  if (session) {
    return (
      <span className="playground-session">
        <span data-testid="session">{session.email}</span>
        <button type="button" className="graphiql-un-styled" onClick={logOut}>
          Log out
        </button>
      </span>
    );
  }
  return (
    <form className="playground-session" onSubmit={submit} aria-label="Log in">
      {logIn.accounts.length > 0 && (
        <select aria-label="Account" value={email} onChange={choose}>
          {logIn.accounts.map((account) => (
            <option key={account.email}>{account.email}</option>
          ))}
        </select>
      )}
      {logIn.accounts.length === 0 && (
        <>
          <input aria-label="Email" type="email" value={email} onChange={(e) => setEmail(e.target.value)} />
          <input aria-label="Password" type="password" value={password} onChange={(e) => setPassword(e.target.value)} />
        </>
      )}
      <button type="submit" disabled={busy} data-testid="log-in">
        {busy ? "…" : "Log in"}
      </button>
      {problem && <span role="alert">{problem}</span>}
    </form>
  );
}

// requestToken runs the configured operation and takes the token from the configured place in its data.
async function requestToken(endpoint, logIn, variables) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: logIn.operation, variables }),
  });
  const answer = await response.json();
  const token = logIn.token.split(".").reduce((value, name) => value?.[name], answer.data);
  if (typeof token !== "string") {
    throw new Error(answer.errors?.[0]?.message ?? "the answer holds no token");
  }
  return token;
}
