/** An npm that runs us tells programs about this repository; npm and npx in another folder must not hear of it. */
export const withoutOurNpm = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_(package|lifecycle|command|config_(local_prefix|dir|engine_strict))/.test(name)),
  )
