// setHeader gives the text of the header editor with one header set, or removed when value is "". Text that is not a JSON
// object is replaced: the editor marks it as wrong anyway.
export function setHeader(text, name, value) {
  let headers = {};
  try {
    const parsed = JSON.parse(text || "{}");
    if (parsed && typeof parsed === "object" && !Array.isArray(parsed)) {
      headers = parsed;
    }
  } catch {
    // replaced below
  }
  for (const key of Object.keys(headers)) {
    if (key.toLowerCase() === name.toLowerCase()) {
      delete headers[key];
    }
  }
  if (value) {
    headers[name] = value;
  }
  return Object.keys(headers).length > 0 ? JSON.stringify(headers, null, 2) : "";
}

// withDefaultHeader adds the token to headers that name no Authorization.
export function withDefaultHeader(headers, token) {
  const named = Object.keys(headers ?? {}).some((key) => key.toLowerCase() === "authorization");
  return named || !token ? headers : { ...headers, Authorization: `Bearer ${token}` };
}
