import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { firstTheme } from './frame/preferences.ts'
import { nameAfterHeading } from './frame/title.ts'
import { copyRawValues } from './parts/value.tsx'
import './style/tokens.css'
import './style/base.css'
import './style/frame.css'
import './style/parts.css'
import './style/pages.css'
import './style/quality.css'
import './style/evidence.css'
import './style/nodes.css'
import './style/results.css'
import './style/passport.css'
import './style/lineage.css'
import './style/people.css'
import './style/zones.css'
import 'uplot/dist/uPlot.min.css'

document.documentElement.dataset.theme = firstTheme()
copyRawValues(document)
nameAfterHeading(document)
const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
