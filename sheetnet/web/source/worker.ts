import { serve } from "./engine";

const scope = self as unknown as Worker;
serve(
  (answer) => { scope.onmessage = (event) => answer(event.data); },
  (told) => scope.postMessage(told),
);
