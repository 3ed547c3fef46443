import { createRoot } from "react-dom/client";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./playground.css";
import { Playground } from "./Playground.jsx";

const root = createRoot(document.getElementById("playground"));

// What the playground offers is the router's configuration; it is fetched, as the page's policy allows no inline script.
async function start() {
  const response = await fetch("playground/config.json", { headers: { accept: "application/json" } });
  if (!response.ok) {
    throw new Error(`the router answered ${response.status}`);
  }
  root.render(<Playground config={await response.json()} />);
}

start().catch((error) => {
  root.render(
    <p className="playground-loading" role="alert">
      The playground cannot start: {error.message}. Is the router running? Reload the page to try again.
    </p>,
  );
});
